//! What the call believes that the caller heard, against what the carrier played.

use proptest::prelude::*;

use crate::bench::{Bench, ms, plain};

#[derive(Clone, Debug)]
enum Step {
    Says(u64),
    Ends,
    Interrupts,
    Passes(u64),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        3 => (20_u64..3_000).prop_map(Step::Says),
        1 => Just(Step::Ends),
        2 => Just(Step::Interrupts),
        4 => (1_u64..2_500).prop_map(Step::Passes),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn the_ledger_is_exact_to_a_mark_interval(
        steps in prop::collection::vec(step(), 1..40),
        delay in 0_u64..250,
        drift in -200_i32..=200,
    ) {
        let mut bench = Bench::talking(plain());
        bench.delay = ms(delay);
        bench.buffer.pace = 1.0 + f64::from(drift) * 1e-6;
        for step in steps {
            match step {
                Step::Says(milliseconds) => bench.says(milliseconds),
                Step::Ends => bench.turn_ends(),
                Step::Interrupts => bench.interrupts(),
                Step::Passes(milliseconds) => bench.pass(milliseconds),
            }
            let heard = bench.call.heard(bench.now);
            prop_assert_eq!(heard.queued, heard.heard + heard.dropped + heard.unheard);
            let apart = heard.heard.abs_diff(bench.buffer.played);
            // One mark interval and the way back; and at each barge-in what is played while a mark and the clear are on their way.
            let barge_ins = bench.log.clears.len() as u64;
            let allowed = 8 * (200 + delay) + barge_ins * 8 * (2 * delay + 1) + 8;
            prop_assert!(apart <= allowed, "{} samples apart, {} allowed: {:?}", apart, allowed, heard);
        }
        // In the end all that was not dropped was heard.
        bench.turn_ends();
        while bench.call.heard(bench.now).unheard > 0 {
            bench.pass(1_000);
        }
        let heard = bench.call.heard(bench.now);
        prop_assert_eq!(heard.queued, heard.heard + heard.dropped);
    }
}
