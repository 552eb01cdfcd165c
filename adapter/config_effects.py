"""Which limits mean anything on which type of link: one that nothing reads would be a promise that nobody keeps."""

from collections.abc import Iterator

from adapter.config_model import Config

ANY_MESSAGE = frozenset({"frame_bytes_max", "errors_per_reply_max"})
XML = ANY_MESSAGE | {
    "depth_max",
    "elements_max",
    "attributes_max",
    "value_characters_max",
    "invalid_checks_per_minute_max",
}
TELEGRAMS = ANY_MESSAGE | {"telegram_bytes_max", "parts_max", "open_sets_max"}
ONE_TELEGRAM = TELEGRAMS - {"frame_bytes_max"}
"""Where what is framed is the telegram itself, so that its own limit is that of the frame."""
CONNECTIONS = frozenset(
    {
        "connections_max",
        "header_seconds",
        "body_seconds",
        "keepalive_idle_seconds",
        "keepalive_interval_seconds",
        "keepalive_probes",
        "user_timeout_seconds",
        "out_buffer_bytes_max",
        "out_stalled_seconds",
    }
)
FRAMED = CONNECTIONS | {"linger_seconds", "refusals_per_minute_max", "refused_peer_seconds"}
INFLATED = frozenset({"inflated_bytes_max", "inflate_ratio_max"})

EFFECTIVE = {
    "http": XML | CONNECTIONS,
    "length_prefixed": XML | FRAMED,
    "sirena": XML | FRAMED | INFLATED | {"handshakes_per_second_max"},
    "spool": TELEGRAMS,
    "mailbox": TELEGRAMS,
    "typeb_http": ONE_TELEGRAM | CONNECTIONS,
    "typeb_tcp": ONE_TELEGRAM | FRAMED,
    "astra_gateway": ONE_TELEGRAM,
    "matip": TELEGRAMS | FRAMED,
}
"""By type of link."""

ONE_AT_A_TIME = frozenset({"http", "typeb_http"})
"""Links that begin no message of a connection before the last one is answered: ``in_flight_max`` is always 1."""

LISTS_IN = frozenset({"profile", "tolerant", "answer"})
DIRECTIONS: dict[str, tuple[tuple[str, frozenset[str]], ...]] = {
    "mailbox": (
        (
            "directory",
            LISTS_IN
            | {"senders", "poll_seconds", "retry_seconds", "files_in_flight_max", "telegrams_in_file_max"},
        ),
    ),
    "typeb_http": (
        ("listen", LISTS_IN | {"path", "peers", "answer_seconds", "idle_seconds", "retry_after_seconds"}),
        ("send_to", frozenset({"ca_file", "unencrypted_reason", "connect_seconds", "send_seconds"})),
    ),
}
"""By type of link: the setting that opens a direction, and those that mean something in that direction alone."""


def idle_settings(config: Config) -> Iterator[tuple[tuple[str | int, ...], str, str]]:
    """Settings of links that would change nothing; as the rules of ``config_checks``."""
    for name, link in config.links.items():
        article = "an" if link.type in ("http", "astra_gateway") else "a"
        place = ("links", name)
        if link.type in ONE_AT_A_TIME and "in_flight_max" in link.model_fields_set:
            text = f"in_flight_max has no effect on {article} {link.type} link: one request at a time"
            yield (*place, "in_flight_max"), "no_effect", text
        for opening, others in DIRECTIONS.get(link.type, ()):
            if getattr(link, opening) is None:
                for setting in sorted(link.model_fields_set & others):
                    yield (*place, setting), "no_effect", f"{setting} has no effect without {opening}"
        for limit in sorted(link.limits.model_fields_set) if link.limits is not None else ():
            if limit not in EFFECTIVE[link.type]:
                text = f"limits.{limit} has no effect on {article} {link.type} link"
                yield (*place, "limits", limit), "no_effect", text
