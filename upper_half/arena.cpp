// SPDX-License-Identifier: Apache-2.0
// The arena: size classes (powers of two and their midpoints up to 64 KiB) cut from 1 MiB chunks, one free list each;
// larger blocks are mapped one by one. A block is preceded by 16 bytes that name its class. Nothing is ever given back
// to the kernel except large blocks, so a loop of create and free settles at its high-water mark.
#include "upper_half/arena.hpp"

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <sys/mman.h>
#include <unistd.h>

namespace mana::upper {
namespace {

struct BlockHeader {
  std::uint32_t size_class;  // `large`: mapped alone
  std::uint32_t check;
  std::uint64_t mapped_bytes;
};
static_assert(sizeof(BlockHeader) == 16);

struct FreeBlock {
  FreeBlock* next;
};

constexpr std::uint32_t large = 0xffffffff;
constexpr std::uint32_t block_check = 0x61726e61;
constexpr std::size_t smallest = 32, chunk_bytes = 1 << 20, page_bytes = 4096;
constexpr std::uint32_t class_count = 23;  // 32, 48, 64, 96, ... 65536

/// Block sizes include the header.
constexpr std::size_t class_bytes(std::uint32_t c) { return (c % 2 == 0 ? smallest : smallest + smallest / 2) << (c / 2); }
static_assert(class_bytes(class_count - 1) == 65536);

std::uint32_t class_of(std::size_t bytes) {
  std::uint32_t c = 0;
  if (bytes > smallest) {
    std::uint32_t log = 63 - static_cast<std::uint32_t>(__builtin_clzll(bytes - 1));
    c = (log - 5) * 2;
    while (class_bytes(c) < bytes) ++c;
  }
  return c;
}

FreeBlock* free_blocks[class_count];
char* chunk_next;
char* chunk_end;
volatile std::uint32_t arena_lock;

/// Taken inside a WrapperScope (or before any other thread exists), so no checkpoint stops its holder.
struct ArenaLock {
  ArenaLock() {
    while (__atomic_exchange_n(&arena_lock, 1, __ATOMIC_ACQUIRE) != 0) __builtin_ia32_pause();
  }
  ~ArenaLock() { __atomic_store_n(&arena_lock, 0, __ATOMIC_RELEASE); }
};

[[noreturn]] void out_of_memory() {
  const char text[] = "mana: out of memory for MPI objects\n";
  (void)!write(2, text, sizeof text - 1);
  std::abort();
}

char* map_pages(std::size_t bytes) {
  void* p = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (p == MAP_FAILED) out_of_memory();
  return static_cast<char*>(p);
}

void* mark(char* block, std::uint32_t size_class, std::size_t mapped_bytes) {
  *reinterpret_cast<BlockHeader*>(block) = {size_class, block_check, mapped_bytes};
  return block + sizeof(BlockHeader);
}

}  // namespace

void* arena_allocate(std::size_t bytes) {
  std::size_t total = bytes + sizeof(BlockHeader);
  if (total < bytes) out_of_memory();
  if (total > class_bytes(class_count - 1)) {
    std::size_t mapped = (total + page_bytes - 1) & ~(page_bytes - 1);
    return mark(map_pages(mapped), large, mapped);
  }
  std::uint32_t c = class_of(total);
  ArenaLock lock;
  if (FreeBlock* block = free_blocks[c]; block != nullptr) {
    free_blocks[c] = block->next;
    return block;
  }
  std::size_t size = class_bytes(c);
  if (static_cast<std::size_t>(chunk_end - chunk_next) < size) {
    chunk_next = map_pages(chunk_bytes);
    chunk_end = chunk_next + chunk_bytes;
  }
  char* block = chunk_next;
  chunk_next += size;
  return mark(block, c, 0);
}

void arena_release(void* block) {
  if (block == nullptr) return;
  auto* header = reinterpret_cast<BlockHeader*>(static_cast<char*>(block) - sizeof(BlockHeader));
  if (header->check != block_check) {
    const char text[] = "mana: memory of an MPI object has been overwritten\n";
    (void)!write(2, text, sizeof text - 1);
    std::abort();
  }
  if (header->size_class == large) {
    munmap(header, header->mapped_bytes);
    return;
  }
  auto* free_block = static_cast<FreeBlock*>(block);
  ArenaLock lock;
  free_block->next = free_blocks[header->size_class];
  free_blocks[header->size_class] = free_block;
}

}  // namespace mana::upper
