"""The programme language: its words read, checked and compiled; what a coupon earns by them."""
