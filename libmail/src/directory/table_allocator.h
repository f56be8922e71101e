// Memory of tables that are asked at random places: from the size of a huge page on it stands on
// those where the kernel has them (madvise(2), MADV_HUGEPAGE), since a walk through page tables
// costs as much again as the memory that it leads to.
#pragma once

#include <cstddef>
#include <new>

#include <sys/mman.h>

namespace mail::directory {

inline constexpr std::size_t kHugePageOctets = std::size_t{2} << 20;

template <class T>
struct TableAllocator {
  using value_type = T;

  TableAllocator() = default;
  template <class U>
  TableAllocator(const TableAllocator<U>&) {}

  T* allocate(std::size_t count) {
    const std::size_t octets = count * sizeof(T);
    if (octets < kHugePageOctets) return static_cast<T*>(::operator new(octets));
    void* const memory = ::operator new(octets, std::align_val_t(kHugePageOctets));
    madvise(memory, octets, MADV_HUGEPAGE);  // a wish
    return static_cast<T*>(memory);
  }
  void deallocate(T* memory, std::size_t count) {
    if (count * sizeof(T) < kHugePageOctets) return ::operator delete(memory);
    ::operator delete(memory, std::align_val_t(kHugePageOctets));
  }

  bool operator==(const TableAllocator&) const = default;
};

}  // namespace mail::directory
