"""What is loaded when it is first used is whole for everybody who uses it in that moment."""

from __future__ import annotations

import subprocess
import sys

FIRST = """
import sys, time
from concurrent.futures import ThreadPoolExecutor
from django.conf import settings
settings.configure()
from kedang.kernel.identifiers import clean_phone
class Slowly:
    def find_spec(self, name, *more):
        time.sleep(0.05 if name.startswith("phonenumbers.") else 0)
sys.meta_path.insert(0, Slowly())
def first(number):
    time.sleep(number * 0.1)
    return clean_phone("13800138000" if number % 2 else "0311 86001234")
with ThreadPoolExecutor(8) as pool:
    print(sorted(set(pool.map(first, range(8)))))
"""


def test_eight_people_may_type_the_first_phone_numbers_after_a_start_while_the_tables_load() -> None:
    done = subprocess.run([sys.executable, "-c", FIRST], capture_output=True, text=True, timeout=120, check=False)
    assert done.stdout == "['0311-86001234', '13800138000']\n", done.stderr[-2000:]
