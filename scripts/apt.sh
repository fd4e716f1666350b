# Sourced: apt_install PACKAGE…, as root or with a sudo that asks no password; fails with a plain sentence.
apt_install() {
  local as_root=()
  if [ "$(id -u)" -ne 0 ]; then
    if ! sudo -n true 2>/dev/null; then
      echo "Missing: $*. Install it (apt-get install $*) and try again." >&2
      return 1
    fi
    as_root=(sudo -n)
  fi
  if ! command -v apt-get >/dev/null; then
    echo "Missing: $*, and this machine has no apt-get." >&2
    return 1
  fi
  echo "Installing $* …" >&2
  "${as_root[@]}" apt-get update -qq
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >/dev/null
}
