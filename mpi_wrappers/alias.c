// SPDX-License-Identifier: Apache-2.0
// A library under another name (libmpich.so.12, libmpi_abi.so.0) has no code of its own: it makes the loader bring the one that
// has, which one reference to it ensures.
extern int PMPI_Initialized(int* flag);
static int (*const needed)(int*) __attribute__((used)) = PMPI_Initialized;
