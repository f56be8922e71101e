// Plain counters: the programs that link this are single-threaded where they count.
#include "support/counting/allocations.h"

#include <malloc.h>

#include <cstdlib>
#include <new>

namespace mail::test {
namespace {

Allocations g_total;
std::size_t g_held = 0;
std::size_t g_base = 0;
std::size_t g_peak = 0;

}  // namespace

Allocations allocations() { return g_total; }

void start_peak() { g_base = g_peak = g_held; }

std::size_t peak() { return g_peak - g_base; }

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define MAIL_COUNTS_NOTHING 1
#endif
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define MAIL_COUNTS_NOTHING 1
#endif

#ifndef MAIL_COUNTS_NOTHING
namespace {

void* allocate(std::size_t size) {
  void* block = std::malloc(size == 0 ? 1 : size);
  if (block == nullptr) std::abort();
  ++g_total.count;
  g_total.octets += size;
  g_held += malloc_usable_size(block);
  if (g_held > g_peak) g_peak = g_held;
  return block;
}

void release(void* block) {
  if (block == nullptr) return;
  g_held -= malloc_usable_size(block);
  std::free(block);
}

}  // namespace
#endif

}  // namespace mail::test

#ifndef MAIL_COUNTS_NOTHING
void* operator new(std::size_t size) { return mail::test::allocate(size); }
void* operator new[](std::size_t size) { return mail::test::allocate(size); }
void operator delete(void* block) noexcept { mail::test::release(block); }
void operator delete[](void* block) noexcept { mail::test::release(block); }
void operator delete(void* block, std::size_t) noexcept { mail::test::release(block); }
void operator delete[](void* block, std::size_t) noexcept { mail::test::release(block); }
#endif
