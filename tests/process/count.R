# SPDX-License-Identifier: Apache-2.0
# Shows: R with its garbage collector, closures, connections and the linear algebra of its BLAS.
# process: cuts=1 packages=r-base-core
directory <- Sys.getenv("CUT_DIR")
file <- file("numbers.txt", "w+")
counter <- local({ n <- 0; function() { n <<- n + 1; n } })
a <- matrix(sin(1:10000), 100)
for (i in 1:100) writeLines(format(counter()), file)
cut <- 0
while (directory != "" && !file.exists(file.path(directory, "go.0"))) {
  if (!file.exists(file.path(directory, "at.0"))) file.create(file.path(directory, "at.0"))
  Sys.sleep(0.01)
}
gc(verbose = FALSE) -> unused
for (i in 1:100) writeLines(format(counter()), file)
flush(file)
cat("OUT", counter(), length(readLines(file)), format(sum(solve(a %*% t(a) + diag(100))), digits = 10), "\n")
cat("PASS\n")
