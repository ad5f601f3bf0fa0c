"""Starts every app of the project in a process of its own, on a free port, and writes the addresses to service_ports.json."""

import json
import multiprocessing
import multiprocessing.connection
import os
import signal
import socket
import sys
import threading
from pathlib import Path

import uvicorn

PROJECT = Path(__file__).resolve().parent
PORT_MAP = PROJECT / "service_ports.json"
HOST = "127.0.0.1"


def find_apps():
    """Every folder of apps/ that has a main.py: `apps.users`."""
    return sorted(f"apps.{main.parent.name}" for main in PROJECT.glob("apps/*/main.py"))


def open_socket():
    """A free port that takes connections at once: they wait until the app is there to serve them."""
    listener = socket.socket()
    listener.bind((HOST, 0))
    listener.listen(128)
    return listener


def serve(name, listener):
    """Runs one app until SIGTERM, or until the process that started it is gone."""
    threading.Thread(target=stop_with_parent, daemon=True).start()
    config = uvicorn.Config(f"{name}.main:app", log_level="warning")
    uvicorn.Server(config).run(sockets=[listener])


def stop_with_parent():
    multiprocessing.parent_process().join()
    os.kill(os.getpid(), signal.SIGTERM)


def write_port_map(ports):
    """Whole or not at all: the gateway may be reading it."""
    text = json.dumps(ports, indent=2) + "\n"
    draft = PORT_MAP.with_suffix(".tmp")
    draft.write_text(text)
    draft.replace(PORT_MAP)
    print(text, end="", flush=True)


def stop(processes):
    PORT_MAP.unlink(missing_ok=True)
    for process in processes:
        process.terminate()
    for process in processes:
        process.join(timeout=5)
        process.kill()


def main():
    os.chdir(PROJECT)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: sys.exit(0))
    context = multiprocessing.get_context("spawn")
    processes = []
    ports = {}
    try:
        for name in find_apps():
            listener = open_socket()
            ports[name] = f"{HOST}:{listener.getsockname()[1]}"
            process = context.Process(target=serve, args=(name, listener), name=name)
            process.start()
            listener.close()
            processes.append(process)
        write_port_map(ports)
        multiprocessing.connection.wait([process.sentinel for process in processes])
        sys.exit("An app has stopped, so the others stop too")
    finally:
        stop(processes)


if __name__ == "__main__":
    main()
