/* Loaded before libc (LD_PRELOAD): has the n-th call on the product's files, or on its connection to PostgreSQL, refused.
   The driver maps the same control file and arms it around one request. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <unistd.h>

enum { FILES = 1, SEND = 2, RECV = 4 };

struct control { volatile int armed, kinds, count, fail_at, error, sticky, hits; };

static struct control idle;
static struct control *control = &idle;
static char root[4096];

__attribute__((constructor)) static void begin(void) {
  const char *path = getenv("KEDANG_FAULT_CONTROL"), *folder = getenv("KEDANG_FAULT_ROOT");
  if (!path || !folder) return;
  int handle = open(path, O_RDWR);
  if (handle < 0) return;
  void *mapped = mmap(NULL, sizeof(struct control), PROT_READ | PROT_WRITE, MAP_SHARED, handle, 0);
  close(handle);
  snprintf(root, sizeof root, "%s/", folder);
  if (mapped != MAP_FAILED) control = mapped;
}

/* Counts the call; true when this is the one to refuse. */
static int refused(int kind) {
  if (!control->armed || !(control->kinds & kind)) return 0;
  int number = __sync_add_and_fetch(&control->count, 1);
  if (number != control->fail_at && !(control->sticky && number > control->fail_at)) return 0;
  __sync_add_and_fetch(&control->hits, 1);
  errno = control->error;
  return 1;
}

static int ours(int handle) {
  char link[64], path[4096];
  snprintf(link, sizeof link, "/proc/self/fd/%d", handle);
  ssize_t length = readlink(link, path, sizeof path - 1);
  if (length <= 0) return 0;
  path[length] = 0;
  return strncmp(path, root, strlen(root)) == 0;
}

static int database(int handle) {
  struct sockaddr_un peer;
  socklen_t length = sizeof peer;
  memset(&peer, 0, sizeof peer);
  if (getpeername(handle, (struct sockaddr *)&peer, &length) || peer.sun_family != AF_UNIX) return 0;
  return strstr(peer.sun_path, ".s.PGSQL") != NULL;
}

#define REAL(name) static __typeof__(name) *real; if (!real) real = (__typeof__(name) *)dlsym(RTLD_NEXT, #name)
#define FILE_CALL(handle) if (control->armed && (control->kinds & FILES) && ours(handle) && refused(FILES)) return -1
/* A lost connection is lost both ways: libpq would otherwise wait for a last word of the server. */
#define SOCKET_CALL(handle, kind) \
  if (control->armed && (control->kinds & kind) && database(handle) && refused(kind)) { \
    int code = errno; \
    shutdown(handle, SHUT_RDWR); \
    errno = code; \
    return -1; \
  }

ssize_t write(int h, const void *b, size_t n) { REAL(write); FILE_CALL(h); return real(h, b, n); }
ssize_t pwrite(int h, const void *b, size_t n, off_t o) { REAL(pwrite); FILE_CALL(h); return real(h, b, n, o); }
ssize_t pwrite64(int h, const void *b, size_t n, off64_t o) { REAL(pwrite64); FILE_CALL(h); return real(h, b, n, o); }
ssize_t writev(int h, const struct iovec *v, int n) { REAL(writev); FILE_CALL(h); return real(h, v, n); }
int fsync(int h) { REAL(fsync); FILE_CALL(h); return real(h); }
int fdatasync(int h) { REAL(fdatasync); FILE_CALL(h); return real(h); }
int ftruncate(int h, off_t n) { REAL(ftruncate); FILE_CALL(h); return real(h, n); }
int ftruncate64(int h, off64_t n) { REAL(ftruncate64); FILE_CALL(h); return real(h, n); }

static int ours_by_name(const char *path) { return path && strncmp(path, root, strlen(root)) == 0; }

int rename(const char *from, const char *to) {
  REAL(rename);
  if (ours_by_name(to) && refused(FILES)) return -1;
  return real(from, to);
}

int renameat(int a, const char *from, int b, const char *to) {
  REAL(renameat);
  if (ours_by_name(to) && refused(FILES)) return -1;
  return real(a, from, b, to);
}

int mkdir(const char *path, mode_t mode) {
  REAL(mkdir);
  if (ours_by_name(path) && refused(FILES)) return -1;
  return real(path, mode);
}

ssize_t send(int h, const void *b, size_t n, int f) { REAL(send); SOCKET_CALL(h, SEND); return real(h, b, n, f); }
ssize_t recv(int h, void *b, size_t n, int f) { REAL(recv); SOCKET_CALL(h, RECV); return real(h, b, n, f); }
