"""``ffgate demo``: a server of its own, simulated hosts that talk to it, and an account of what happened.

Everything goes over real sockets and files to a real ``ffgate serve``; every figure and line that is shown comes from
its answers, or is read from its database beside it. The day's messages are in ``simulators.morning``.
"""
