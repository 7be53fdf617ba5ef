// SPDX-License-Identifier: Apache-2.0
// libmpich.so.12 has no code of its own: it makes the loader bring libmpi.so.12.
typedef int nothing;
