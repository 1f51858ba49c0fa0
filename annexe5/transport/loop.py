"""An event loop in a thread of its own: how the asynchronous servers and clients live behind a plain interface."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


class LoopThread:
    """Run coroutines from any thread; ``run`` waits for their result, ``call`` may also be called from the loop."""

    def __init__(self, name: str) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name=name, daemon=True)
        self._thread.start()

    def run(self, action: Coroutine[Any, Any, T]) -> T:
        """Run a coroutine to its end, and give its result or raise its error."""
        return asyncio.run_coroutine_threadsafe(action, self._loop).result()

    def call(self, action: Callable[[], None]) -> None:
        """Call something in the loop, and come back when it is done."""
        if threading.current_thread() is self._thread:
            action()
            return

        async def called() -> None:
            action()

        self.run(called())

    def stop(self) -> None:
        """End the loop; what still waits in it is cancelled."""
        self.call(self._cancel_all)
        self._loop.call_soon_threadsafe(self._loop.stop)
        if threading.current_thread() is not self._thread:
            self._thread.join()
            self._loop.close()

    def _cancel_all(self) -> None:
        for task in asyncio.all_tasks(self._loop) - {asyncio.current_task(self._loop)}:
            task.cancel()
