//! Prints this server's verdicts on documents, for comparing them with those of other
//! implementations. `tests/oracle` does that with graphql-js.
//!
//! ```text
//! verdicts < documents         judges the documents on standard input, one JSON object on each
//!                              line: {"document": "{ viewer { id } }", "variables": {}}
//! verdicts <seed> [<count>]    judges random documents: the one of this seed, and of the next ones
//! ```
//!
//! Prints one line for each document, as JSON: the document, its variables and its seed, the errors
//! in the document and, if it is valid, the errors in the variables or their coerced values for
//! each operation.

use std::{
    error::Error,
    io::{self, BufRead, BufWriter, Write},
};

use mina_graphql::fuzzing::{self, Sample, Verdict};
use serde::Serialize;

#[derive(Serialize)]
struct Line {
    seed: Option<u64>,
    #[serde(flatten)]
    sample: Sample,
    #[serde(flatten)]
    verdict: Verdict,
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut output = BufWriter::new(io::stdout().lock());
    let mut arguments = std::env::args().skip(1);
    if let Some(seed) = arguments.next() {
        let seed: u64 = seed.parse()?;
        let count: u64 = arguments.next().map_or(Ok(1), |it| it.parse())?;
        for seed in (0..count).map(|it| seed.wrapping_add(it)) {
            print(&mut output, Some(seed), fuzzing::sample(seed))?;
        }
    } else {
        for line in io::stdin().lock().lines() {
            print(&mut output, None, serde_json::from_str(&line?)?)?;
        }
    }
    output.flush()?;
    Ok(())
}

fn print(output: &mut impl Write, seed: Option<u64>, sample: Sample) -> Result<(), Box<dyn Error>> {
    let verdict = fuzzing::judge(&sample.document, &sample.variables);
    let line = Line {
        seed,
        sample,
        verdict,
    };
    serde_json::to_writer(&mut *output, &line)?;
    writeln!(output)?;
    Ok(())
}
