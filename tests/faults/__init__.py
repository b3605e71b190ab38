"""Everything breaks at random moments while people work; then it is looked at what is left.

A *schedule* (`plan`) is a pure function of its seed: who does what, what breaks, when and for how
long. The moments are kept as well as the machine allows, but the order in which processes get to
work is the machine's: the same seed repeats the plan, not every interleaving. So a seed that
failed may need some repetitions to fail again (`make faults SEED=123 TIMES=20`).

    plan        the schedules
    inside      the product's own actions and queries, in a process beside it
    world       services, web processes, worker and beat, kept up over many schedules
    worlds      some of them side by side
    people      what a person's browser or script does, and what it has seen
    steps       what people can do            (add a function with `@step`)
    breakages   what can break                (add a function with `@breakage`)
    invariants  what must hold at the end     (add a function with `@invariant`)
    answers     what must hold of emoji and receipts
    mutations   defects on purpose, which must be seen (`make faults MUTATIONS=1`)
    schedule    one schedule from its beginning to its verdict
    __main__    `make faults`
"""
