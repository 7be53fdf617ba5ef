// SPDX-License-Identifier: Apache-2.0
// libmpich.so.12 has no code of its own: it makes the loader bring libmpi.so.12, which one reference to it ensures.
extern int PMPI_Initialized(int* flag);
static int (*const needed)(int*) __attribute__((used)) = PMPI_Initialized;
