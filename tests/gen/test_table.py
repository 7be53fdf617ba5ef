# SPDX-License-Identifier: Apache-2.0
"""Does gen/mpi_api.table have a row for every MPI_ function that an installed library exports?

usage: test_table.py GEN_DIRECTORY LIBRARY
"""
import re
import sys

sys.path.insert(0, sys.argv[1])
from exported_symbols import FUNCTION, dynamic_symbols, find_library  # noqa: E402
from tables import load_functions  # noqa: E402

functions = load_functions()
rows = [f.mpi for f in functions] + [f.mpi + '_c' for f in functions if f.large]
exported = {n for n, s in dynamic_symbols(find_library(sys.argv[2])).items()
            if s.defined and s.kind == FUNCTION and n.startswith('MPI_') and not re.match(r'MPI_[A-Z0-9_]+$', n)}
faults = [f'{n}: no row' for n in sorted(exported - set(rows))]
faults += [f'{n}: more than one row' for n in sorted({n for n in rows if rows.count(n) > 1})]
print('\n'.join(faults) or f'{len(exported)} functions of {sys.argv[2]} have their rows')
sys.exit(1 if faults else 0)
