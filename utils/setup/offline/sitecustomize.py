"""Ends whatever looks up or connects to another machine. Python imports this by itself, before everything else.

It sees what Python's own sockets do. A library that opens them in C or Rust goes unseen.
"""

import ipaddress
import os
import socket
import sys

MESSAGE = "This run must do without the network, but {} was asked for. Is a model missing? Run `make models` first."
PLACE_OF_ADDRESS = {"socket.connect": 1, "socket.sendto": 1, "socket.sendmsg": 1, "socket.getaddrinfo": 0}
PLACE_OF_ADDRESS |= {"socket.gethostbyname": 0}


class NetworkUsed(BaseException):
    """No mere Exception: whoever tries the network and copes without it would hide that it was tried."""


def is_here(host: object) -> bool:
    """Whether a host is this machine: a loopback address, its own name, or no host at all (as of a Unix socket)."""
    host = host.decode() if isinstance(host, bytes) else host
    if not isinstance(host, str) or host in ("", "localhost", socket.gethostname()):
        return True
    try:
        address = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return False
    return address.is_loopback or address.is_unspecified


def guard(event: str, arguments: tuple) -> None:
    """The audit hook; raises NetworkUsed, and says so on standard error for a thread that nobody waits for."""
    if event not in PLACE_OF_ADDRESS:
        return
    if event == "socket.connect" and arguments[0].type == socket.SOCK_DGRAM:
        return  # sends nothing: it is how Jupyter asks the system for its own address
    address = arguments[PLACE_OF_ADDRESS[event]]
    by_name = PLACE_OF_ADDRESS[event] == 0
    host = address if by_name else address[0] if isinstance(address, tuple) else None
    if not is_here(host):
        told = MESSAGE.format(host)
        os.write(2, f"{told}\n".encode())
        raise NetworkUsed(told)


sys.addaudithook(guard)
