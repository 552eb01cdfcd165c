"""What a link over TCP may cost. Every queue, buffer and wait has its limit here."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class LinkLimits:
    """What a link, a connection and a peer may cost; each has a key of the same name in the configuration."""

    frame_bytes_max: int = 1024 * 1024
    inflated_bytes_max: int = 8 * 1024 * 1024
    inflate_ratio_max: int = 200
    connections_max: int = 32
    in_flight_max: int = 64
    header_seconds: float = 10.0
    body_seconds: float = 30.0
    out_buffer_bytes_max: int = 1024 * 1024
    out_stalled_seconds: float = 30.0
    linger_seconds: float = 5.0
    refusals_per_minute_max: int = 20
    refused_peer_seconds: float = 60.0
    handshakes_per_second_max: int = 10
    keepalive_idle_seconds: int = 60
    keepalive_interval_seconds: int = 15
    keepalive_probes: int = 4
    user_timeout_seconds: int = 120


@dataclass(frozen=True, slots=True)
class HttpLimits:
    """How much one HTTP link takes and how long it waits; seconds and bytes."""

    connections_max: int = 32
    body_bytes_max: int = 1024 * 1024
    header_seconds: float = 10.0
    body_seconds: float = 30.0
    idle_seconds: float = 60.0
    answer_seconds: float = 10.0
    abort_seconds: float = 30.0
    retry_after_seconds: int = 1
