# SPDX-License-Identifier: Apache-2.0
# Shows: perl with a tied-up regular expression state, hashes and a file that it reads.
# process: cuts=1
# state: Programs | perl | kept
use strict;
use Time::HiRes qw(sleep);
$| = 1;
my %seen;
open(my $self, '<', $0) or die;
my $first = <$self>;
for my $i (1 .. 10) {
  $seen{"key$i"} = $i * $i;
  if ($i == 5 && $ENV{CUT_DIR}) {
    until (-e "$ENV{CUT_DIR}/go.0") {
      unless (-e "$ENV{CUT_DIR}/at.0") { open(my $at, ">", "$ENV{CUT_DIR}/at.0"); close $at; }
      sleep 0.01;
    }
  }
  print "OUT $i\n";
}
my $second = <$self>;
print "OUT ", ($second =~ /^# Shows: (\w+)/)[0], " ", join(",", map { $seen{$_} } sort keys %seen), "\n";
print "PASS\n";
