// The allocator of the C library, with a counter in front of it.

#define _GNU_SOURCE
#include <errno.h>
#include <execinfo.h>
#include <link.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "CStepProbe.h"

// glibc's own, under the names it keeps for programs that replace the usual ones.
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *block, size_t size);
void *__libc_memalign(size_t alignment, size_t size);
void __libc_free(void *block);

void *malloc(size_t size);
void *calloc(size_t count, size_t size);
void *realloc(void *block, size_t size);
void *memalign(size_t alignment, size_t size);
void *aligned_alloc(size_t alignment, size_t size);
int posix_memalign(void **block, size_t alignment, size_t size);
void free(void *block);

static atomic_bool counting;
static atomic_long by_onednn, by_others;
/// Set while a call is being counted, which may allocate itself.
static _Thread_local bool inside;

/// Where oneDNN's code is.
static struct { uintptr_t begin, end; } onednn;

static int find_onednn(struct dl_phdr_info *info, size_t size, void *context) {
  (void)size, (void)context;
  if (!strstr(info->dlpi_name, "libdnnl")) return 0;
  for (int k = 0; k < info->dlpi_phnum; k++) {
    const ElfW(Phdr) *segment = &info->dlpi_phdr[k];
    if (segment->p_type != PT_LOAD || !(segment->p_flags & PF_X)) continue;
    onednn.begin = info->dlpi_addr + segment->p_vaddr;
    onednn.end = onednn.begin + segment->p_memsz;
  }
  return 1;
}

static bool is_called_by_onednn(void) {
  void *frames[48];
  int count = backtrace(frames, 48);
  for (int k = 0; k < count; k++) {
    uintptr_t address = (uintptr_t)frames[k];
    if (address >= onednn.begin && address < onednn.end) return true;
  }
  return false;
}

static void note(void) {
  if (!atomic_load_explicit(&counting, memory_order_relaxed) || inside) return;
  inside = true;
  atomic_fetch_add(is_called_by_onednn() ? &by_onednn : &by_others, 1);
  inside = false;
}

void probe_start_counting(void) {
  dl_iterate_phdr(find_onednn, NULL);
  void *frame;
  backtrace(&frame, 1);  // the first call loads a library, which allocates
  atomic_store(&by_onednn, 0);
  atomic_store(&by_others, 0);
  atomic_store(&counting, true);
}

probe_allocations probe_stop_counting(void) {
  atomic_store(&counting, false);
  return (probe_allocations){atomic_load(&by_onednn), atomic_load(&by_others)};
}

void *malloc(size_t size) {
  note();
  return __libc_malloc(size);
}

void *calloc(size_t count, size_t size) {
  note();
  return __libc_calloc(count, size);
}

void *realloc(void *block, size_t size) {
  note();
  return __libc_realloc(block, size);
}

void *memalign(size_t alignment, size_t size) {
  note();
  return __libc_memalign(alignment, size);
}

void *aligned_alloc(size_t alignment, size_t size) {
  note();
  return __libc_memalign(alignment, size);
}

int posix_memalign(void **block, size_t alignment, size_t size) {
  bool is_power = alignment && (alignment & (alignment - 1)) == 0;
  if (!is_power || alignment % sizeof(void *) != 0) return EINVAL;
  note();
  void *made = __libc_memalign(alignment, size);
  if (!made) return ENOMEM;
  *block = made;
  return 0;
}

void free(void *block) { __libc_free(block); }
