"""JSON as it is stored and hashed: one spelling, no blanks, letters as they are.

The encoder is made once: ``json.dumps`` with options makes a new one at every call, which costs as much as encoding.
"""

import json

encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
decode = json.loads
