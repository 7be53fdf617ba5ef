/* SPDX-License-Identifier: Apache-2.0 */
/* How ranks find a cut, as the code does it: upper_half/collectives.hpp (test and enter), upper_half/checkpoint_line.cpp and
 * drain.cpp (the line), lower_half/gate_port.cpp (order in which an agent looks), coordinator/agent.cpp (its words), coordinator/
 * agreement.cpp (the rules). One thread a rank; memory is sequentially consistent (the agent's membarrier sees to that).
 *
 * `init` draws any program of STEPS steps: a collective or the start of a nonblocking one on any of the communicators A = {0,1},
 * B = {1,2}, C = {2}, or a message between any two ranks, buffered or waiting for its receiver. All ranks carry the steps out in one
 * order, so every program that is drawn is correct. The coordinator asks for ROUNDS checkpoints at any moment; with GIVE_UP it may
 * give any of them up at any moment. Checked:
 *   - no deadlock (every process ends, the program with it),
 *   - when all are parked no collective is cut in two and nothing is in flight, so a fresh MPI can take over,
 *   - every message arrives once and in order.
 * Broken on purpose, each must be found: NO_STALL_RULE, PLAIN_BARRIER, RACY_ENTRY (looks before it counts), NO_COUNTS (drains
 * without comparing what was sent with what was received), EARLY_STOP (stops without waiting for those behind). */

#ifndef STEPS
#define STEPS 3
#endif
#ifndef ROUNDS
#define ROUNDS 1
#endif
#ifndef QUEUE
#define QUEUE 1
#endif
#define RANKS 3
#ifndef PRESENT
#define PRESENT 3 /* ranks that take part: 2 or 3 */
#endif
#define COMMS 3
#define OPS (STEPS + 1)

#define member(c, r) (r < PRESENT && ((c == 0 && r < 2) || (c == 1 && r > 0) || (c == 2 && r == PRESENT - 1)))

/* Operations of a program. */
#define op_none 0
#define op_collective 1  /* + communicator */
#define op_start 4       /* + communicator */
#define op_wait 7        /* + communicator */
#define op_send 10       /* + receiver */
#define op_ssend 13      /* + receiver */
#define op_receive 16    /* + sender */

/* Words of the coordinator. */
#define w_begin 1
#define w_targets 2
#define w_stop 3
#define w_all_stopped 4
#define w_drained 5
#define w_resume 6

/* Reports of an agent. */
#define m_report 1
#define m_parked 2
#define m_resumed 3

#define outside 0
#define inside 1
#define held 2 /* + communicator */

#define pair(from, to) ((from) * RANKS + (to))

typedef Rank_t {
  byte ops[OPS];
  byte count;              /* of ops */
  /* The upper half. */
  byte entered[COMMS];
  byte place;              /* outside, inside, held + communicator */
  byte turn;               /* how often it was held */
  bool at_line;
  bool parked;
  byte sent, received;
  /* The gate. */
  byte pending, known, target[COMMS];
  bool stop, all_stopped, drained;
  byte resume;
  /* What the agent said last. */
  byte said_entered[COMMS], said_place;
  bool said_line, said_stopped, reported;
  short said_net;
};
Rank_t rank[RANKS];

/* The real MPI. */
byte native[RANKS * COMMS];
byte put[RANKS * RANKS], taken[RANKS * RANKS];
byte saved[RANKS * RANKS]; /* by the drain, not yet received by the program */

/* kind, targets */
chan words[RANKS] = [4] of {byte, byte, byte, byte};
/* kind, rank, stopped, at the line, sent - received, three counts, place */
chan reports = [QUEUE] of {byte, byte, bool, bool, short, byte, byte, byte, byte};

bool over = false; /* no further checkpoint */

/* ---- A rank */

#define me rank[r]
#define native_of(x, c) native[(x) * COMMS + (c)]
#define everybody_entered(c, n) \
  ((!member(c, 0) || native_of(0, c) >= n) && (!member(c, 1) || native_of(1, c) >= n) && (!member(c, 2) || native_of(2, c) >= n))
#ifdef PLAIN_BARRIER
#define may_enter(c) false
#else
#define may_enter(c) (me.known == me.pending && me.entered[c] + 1 <= me.target[c])
#endif

#define arrived(from) (put[pair(from, r)] > taken[pair(from, r)])
#define drain_from(from) saved[pair(from, r)]++; taken[pair(from, r)]++; me.received++

/* Drain, park, go on; as often as somebody wants this rank to stop. */
inline checkpoint_line() {
  do
  :: atomic { me.stop -> round = me.resume + 1; saved_place = me.place; me.place = outside };
     me.at_line = true;
     do
     :: me.drained -> break
     :: atomic { !me.drained && me.all_stopped && arrived(0) -> drain_from(0) }
     :: atomic { !me.drained && me.all_stopped && arrived(1) -> drain_from(1) }
     :: atomic { !me.drained && me.all_stopped && arrived(2) -> drain_from(2) }
     od;
     me.parked = true;
     atomic { me.resume >= round -> me.parked = false; me.at_line = false; me.place = saved_place; round = 0; saved_place = 0 }
  :: !me.stop -> break
  od
}

/* CollectiveScope and CollectiveScope::enter_slowly */
inline enter_collective(c) {
#ifdef RACY_ENTRY
  do
  :: me.pending == 0 || may_enter(c) -> break
  :: me.pending != 0 && !may_enter(c) && me.stop -> checkpoint_line()
  :: atomic { me.pending != 0 && !may_enter(c) && me.place != held + c -> me.turn++; me.place = held + c }
  od;
  me.place = inside;
  me.entered[c]++;
#else
  me.place = inside;
  me.entered[c]++;
  if
  :: me.pending == 0 -> skip
  :: else ->
     me.entered[c]--;
     d_step { me.turn++; me.place = held + c };
     do
     :: me.pending != 0 && !may_enter(c) && me.stop -> checkpoint_line()
     :: atomic { me.pending == 0 || may_enter(c) -> seen = me.pending };
        me.place = inside;
        me.entered[c]++;
        if
        :: atomic { me.pending == seen -> seen = 0 }; break
        :: else -> me.entered[c]--; d_step { me.turn++; me.place = held + c }
        fi
     od
  fi;
#endif
}

/* What was drained came before what is still in the network. */
inline receive_message(from) {
  do
  :: atomic { saved[pair(from, r)] > 0 -> saved[pair(from, r)]-- ; break }
  :: atomic { saved[pair(from, r)] == 0 && arrived(from) -> taken[pair(from, r)]++; me.received++; break }
  :: saved[pair(from, r)] == 0 && me.stop -> checkpoint_line() /* the poll returns "not yet" */
  od
}

proctype Rank(byte r) {
  byte at = 0, op = 0, round = 0, saved_place = 0, seen = 0;
  do
  :: me.stop -> checkpoint_line() /* the stop signal, outside of a wrapper; it may also come later */
  :: atomic { at < me.count -> op = me.ops[at] };
     if
     :: op < op_start ->
        enter_collective(op - op_collective);
        native_of(r, op - op_collective)++;
        atomic { everybody_entered(op - op_collective, native_of(r, op - op_collective)) -> me.place = outside }
     :: op >= op_start && op < op_wait ->
        enter_collective(op - op_start);
        atomic { native_of(r, op - op_start)++; me.place = outside }
     :: op >= op_wait && op < op_send ->
        do
        :: everybody_entered(op - op_wait, native_of(r, op - op_wait)) -> break
        :: !everybody_entered(op - op_wait, native_of(r, op - op_wait)) && me.stop -> checkpoint_line()
        od
     :: op >= op_send && op < op_receive ->
        me.sent++;
        put[pair(r, (op - op_send) % 3)]++;
        if
        :: op < op_ssend -> skip
        :: else -> taken[pair(r, op - op_ssend)] == put[pair(r, op - op_ssend)]
        fi
     :: else -> receive_message(op - op_receive)
     fi;
     atomic { at++; op = 0 }
  :: at == me.count && over && !me.stop -> at = 0; break
  od;
}

/* ---- Its agent */

#define news(r) \
  (!me.reported || me.said_stopped != me.stop || me.said_line != me.at_line || me.said_net != me.sent - me.received || \
   me.said_entered[0] != me.entered[0] || me.said_entered[1] != me.entered[1] || me.said_entered[2] != me.entered[2] || \
   me.said_place != me.place)

/* Held only when it has been so all the time; a place that changed may be inside. */
inline look_again() {
  if
#ifndef TORN_LOOK
  :: me.place >= held && (me.said_place != me.place || turn != me.turn) -> me.said_place = inside
#endif
  :: else -> me.said_place = me.place
  fi
}

proctype Agent(byte r) {
  byte kind, t0, t1, t2, turn;
  bool resuming = false;
  byte step = 0; /* 0 no round, 1 reporting, 2 parking, 3 parked */
  do
  :: atomic { words[r] ? kind, t0, t1, t2 ->
       if
       :: kind == w_begin -> step = 1; me.drained = false; me.all_stopped = false; me.known = 0; me.reported = false; me.pending = t0
       :: kind == w_targets -> me.target[0] = t0; me.target[1] = t1; me.target[2] = t2; me.known = me.pending
       :: kind == w_stop -> me.stop = true
       :: kind == w_all_stopped -> me.all_stopped = true
       :: kind == w_drained -> me.drained = true; step = 2
       :: else /* w_resume */ -> skip
       fi; t0 = 0; t1 = 0; t2 = 0;
       if
       :: kind != w_resume -> kind = 0
       :: else -> kind = 0; me.pending = 0; me.stop = false; resuming = true
       fi }
  :: atomic { resuming -> resuming = false; me.drained = true; me.resume++; step = 0 };
     reports ! m_resumed, r, false, false, 0, 0, 0, 0, 0
  :: d_step { step == 1 && !resuming && empty(words[r]) && news(r) -> me.said_stopped = me.stop; me.said_line = me.at_line;
       me.said_net = me.sent - me.received; me.said_place = me.place; turn = me.turn;
       me.said_entered[0] = me.entered[0]; me.said_entered[1] = me.entered[1]; me.said_entered[2] = me.entered[2];
       me.reported = true };
     d_step { look_again(); turn = 0 };
     reports ! m_report, r, me.said_stopped, me.said_line, me.said_net, me.said_entered[0], me.said_entered[1], me.said_entered[2],
       me.said_place
  :: atomic { step == 2 && !resuming && me.parked -> step = 3 };
     reports ! m_parked, r, false, false, 0, 0, 0, 0, 0
  :: step == 0 && over && empty(words[r]) && !resuming -> break
  od
}

/* ---- The coordinator */

typedef Known_t { bool known, stopped, at_line; short net; byte entered[COMMS], place };
Known_t known[RANKS];
byte target[COMMS];

inline tell(kind, t0, t1, t2) {
  words[0] ! kind, t0, t1, t2; words[1] ! kind, t0, t1, t2;
  if :: PRESENT == 3 -> words[2] ! kind, t0, t1, t2 :: else fi
}

#define behind_on(x, c) (member(c, x) && known[x].entered[c] < target[c])
#define behind(x) (behind_on(x, 0) || behind_on(x, 1) || behind_on(x, 2))
#define held_at_target(x) (known[x].place >= held && known[x].entered[known[x].place - held] >= target[known[x].place - held])
#ifdef EARLY_STOP
#define may_stop true
#else
#define may_stop (!behind(0) && !behind(1) && !behind(2) && known[0].place != inside && known[1].place != inside && known[2].place != inside)
#endif
#ifdef NO_COUNTS
#define nothing_in_flight true
#else
#define nothing_in_flight (known[0].net + known[1].net + known[2].net == 0)
#endif
#define all_known (known[0].known && known[1].known && (PRESENT == 2 || known[2].known))

inline let_enter(x) {
  target[known[x].place - held] = known[x].entered[known[x].place - held] + 1; raised = true
}

/* Whole when the parked can be saved and remade in a fresh MPI. */
inline check_cut() {
  for (i : 0 .. COMMS - 1) {
    for (j : 0 .. RANKS - 1) {
      if
      :: member(i, j) -> assert(native_of(j, i) == native_of((i == 2 -> PRESENT - 1 : 1), i) && rank[j].entered[i] == native_of(j, i))
      :: else -> skip
      fi
    }
  }
  for (i : 0 .. RANKS * RANKS - 1) { assert(put[i] == taken[i]) }
  i = 0; j = 0
}

/* After the stop a count is of a rank that steps back: it must not be let in. */
#ifdef LATE_TARGETS
#define raising true
#else
#define raising (step < 2)
#endif
inline take_report() {
  known[x].known = true; known[x].stopped = stopped; known[x].at_line = at_line; known[x].net = in_flight;
  known[x].entered[0] = e0; known[x].entered[1] = e1; known[x].entered[2] = e2; known[x].place = place;
  if :: raising && e0 > target[0] -> target[0] = e0; raised = true :: else fi;
  if :: raising && e1 > target[1] -> target[1] = e1; raised = true :: else fi;
  if :: raising && e2 > target[2] -> target[2] = e2; raised = true :: else fi
}

/* Agreement::decide */
inline decide() {
  if
  :: all_known && step == 0 -> step = 1; raised = true
  :: else
  fi;
  if
  :: step == 1 && behind(0) && held_at_target(0) -> let_enter(0)
  :: else
  fi;
  if
  :: step == 1 && behind(1) && held_at_target(1) -> let_enter(1)
  :: else
  fi;
  if
  :: step == 1 && behind(2) && held_at_target(2) -> let_enter(2)
  :: else
  fi;
  if
  :: step > 0 && raised -> tell(w_targets, target[0], target[1], target[2]); raised = false
  :: else
  fi;
  if
  :: step == 1 && may_stop -> step = 2; tell(w_stop, 0, 0, 0)
  :: else ->
     if
     :: step == 2 && known[0].stopped && known[1].stopped && (PRESENT == 2 || known[2].stopped) -> step = 3; tell(w_all_stopped, 0, 0, 0)
     :: else
     fi;
     if
     :: step == 3 && known[0].at_line && known[1].at_line && (PRESENT == 2 || known[2].at_line) && nothing_in_flight -> step = 4; tell(w_drained, 0, 0, 0)
     :: else
     fi
  fi
}

proctype Coordinator() {
  byte asked = 0, step = 0, parked = 0, resumed = 0, kind, x, e0, e1, e2, place, i, j;
  bool stopped, at_line, raised = false;
  short in_flight;
  do
  :: asked == ROUNDS -> break
  :: asked < ROUNDS ->
     atomic { asked++; step = 0; parked = 0; resumed = 0; tell(w_begin, asked, 0, 0) };
     do
     :: atomic { reports ? kind, x, stopped, at_line, in_flight, e0, e1, e2, place ->
          if
          :: kind == m_report && step < 4 -> take_report(); decide()
          :: kind == m_parked && step == 4 -> parked++;
             if
             :: parked == PRESENT -> check_cut(); step = 5; tell(w_resume, 0, 0, 0)
             :: else
             fi
          :: kind == m_resumed -> resumed++
          :: else
          fi;
          kind = 0; x = 0; stopped = 0; at_line = 0; in_flight = 0; e0 = 0; e1 = 0; e2 = 0; place = 0 }
#ifndef NO_STALL_RULE
     :: atomic { step == 1 && (held_at_target(0) || held_at_target(1) || held_at_target(2)) ->
          if :: held_at_target(0) -> let_enter(0) :: else fi;
          if :: held_at_target(1) -> let_enter(1) :: else fi;
          if :: held_at_target(2) -> let_enter(2) :: else fi;
          decide() }
#endif
#ifdef GIVE_UP
     :: atomic { step < 4 -> step = 5; tell(w_resume, 0, 0, 0) }
#endif
     :: atomic { resumed == PRESENT -> step = 0; raised = false;
          for (i : 0 .. RANKS - 1) { known[i].known = 0; known[i].stopped = 0; known[i].at_line = 0; known[i].net = 0; known[i].place = 0;
            known[i].entered[0] = 0; known[i].entered[1] = 0; known[i].entered[2] = 0; }
          target[0] = 0; target[1] = 0; target[2] = 0; i = 0 };
        break
     od
  od;
  over = true
}

/* ---- The program */

inline add(x, what) { rank[x].ops[rank[x].count] = what; rank[x].count++ }

init {
  byte step = 0, c = 0, from = 0, to = 0, started = 255;
  atomic {
#ifdef STALL_PROGRAM
    /* Rank 0 waits in A for 1, which waits for a message of 2, which is held in front of C. */
    add(2, op_collective + 2); add(2, op_send + 1); add(1, op_receive + 2); add(0, op_collective); add(1, op_collective);
#else
    do
    :: step < STEPS ->
       step++;
       if
       :: select(c : 0 .. COMMS - 1);
          if :: member(c, 0) -> add(0, op_collective + c) :: else fi;
          if :: member(c, 1) -> add(1, op_collective + c) :: else fi;
          if :: member(c, 2) -> add(2, op_collective + c) :: else fi
       :: started == 255 -> select(c : 0 .. 1); started = c;
          if :: member(c, 0) -> add(0, op_start + c) :: else fi;
          add(1, op_start + c);
          if :: member(c, 2) -> add(2, op_start + c) :: else fi
       :: select(from : 0 .. PRESENT - 1);
          select(c : 1 .. PRESENT - 1);
          to = (from + c) % PRESENT;
          if :: add(from, op_send + to) :: add(from, op_ssend + to) fi;
          add(to, op_receive + from)
       fi
    :: else -> break
    od;
    if :: started < 255 ->
       if :: member(started, 0) -> add(0, op_wait + started) :: else fi;
       add(1, op_wait + started);
       if :: member(started, 2) -> add(2, op_wait + started) :: else fi
    :: else
    fi;
#endif
    step = 0; c = 0; from = 0; to = 0; started = 0;
    run Coordinator();
    run Agent(0); run Agent(1);
    run Rank(0); run Rank(1);
    if :: PRESENT == 3 -> run Agent(2); run Rank(2) :: else fi
  }
}
