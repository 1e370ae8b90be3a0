//! Which inputs an output needs, and how many outputs some inputs give: integers on the common grid.
//!
//! The grid has `up` steps an input and `down` steps an output. A stream keeps its last inputs from an *origin*
//! on; the next output stands `position` grid steps after the input at `origin + before`. As outputs are made
//! the position grows, and whole *cycles* are taken off it by moving the origin.

/// The numbers that a filter's shape and ratio fix.
#[derive(Clone, Debug)]
pub(crate) struct Geometry {
    up: u64,
    down: u64,
    half: u64,
    before: u64,
    after: u64,
    /// Grid steps by which the origin moves: one input, or `down` inputs where outputs are made in groups of `up`.
    cycle: u64,
}

/// Where a stream stands.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Cursor {
    /// Inputs kept, from the origin on.
    pub(crate) kept: usize,
    /// Grid steps from the input at `origin + before` to the next output; less than a cycle.
    pub(crate) position: u64,
}

impl Geometry {
    /// For a prototype that reaches `half` grid steps to each side.
    pub(crate) fn new(up: u32, down: u32, half: u32) -> Self {
        let (up, down, half) = (u64::from(up), u64::from(down), u64::from(half));
        Self {
            up,
            down,
            half,
            before: half / up,
            after: half.div_ceil(up),
            cycle: up,
        }
    }

    /// The same, for outputs that are made in groups of `up`: the origin moves by `down` inputs at a time.
    pub(crate) fn in_groups(self) -> Self {
        Self {
            cycle: self.up * self.down,
            ..self
        }
    }

    pub(crate) fn up(&self) -> usize {
        self.up as usize
    }

    pub(crate) fn down(&self) -> usize {
        self.down as usize
    }

    /// Inputs before an output's instant that it can depend on.
    pub(crate) fn before(&self) -> usize {
        self.before as usize
    }

    /// Inputs that any phase of the filter meets.
    pub(crate) fn window(&self) -> usize {
        (self.before + 1 + self.after) as usize
    }

    /// Half the prototype, in grid steps: the latency.
    pub(crate) fn half(&self) -> u64 {
        self.half
    }

    /// The most inputs that a stream keeps between calls: those that its next output waits for, and one more where
    /// an input gives several outputs and there was no room for all of them.
    pub(crate) fn most_kept(&self) -> usize {
        let last_position = if self.cycle == self.up {
            self.up - 1
        } else {
            (self.up - 1) * self.down
        };
        (self.before + (last_position + self.half) / self.up + 1) as usize
    }

    /// A stream's start: silence before the first input.
    pub(crate) fn start(&self) -> Cursor {
        Cursor {
            kept: self.before(),
            position: 0,
        }
    }

    /// How many outputs `inputs` inputs from the origin on suffice for.
    pub(crate) fn outputs_of(&self, cursor: &Cursor, inputs: usize) -> usize {
        let needed = self.before * self.up + cursor.position + self.half;
        let have = inputs as u64 * self.up;
        if have > needed {
            ((have - 1 - needed) / self.down + 1) as usize
        } else {
            0
        }
    }

    /// The most inputs from the origin on that give no output yet.
    pub(crate) fn inputs_without_output(&self, cursor: &Cursor) -> usize {
        ((self.before * self.up + cursor.position + self.half) / self.up) as usize
    }

    /// The fewest inputs from the origin on that give `outputs` outputs, which are at least one.
    pub(crate) fn inputs_for(&self, cursor: &Cursor, outputs: usize) -> usize {
        let last =
            (outputs as u64 - 1) * self.down + self.before * self.up + cursor.position + self.half;
        (last / self.up + 1) as usize
    }

    /// Outputs whose instant lies before input `end`, counted from the origin: those that a finished stream owes.
    pub(crate) fn outputs_before(&self, cursor: &Cursor, end: i64) -> usize {
        let grid = (end - self.before as i64) * self.up as i64 - cursor.position as i64;
        if grid > 0 {
            (grid as u64).div_ceil(self.down) as usize
        } else {
            0
        }
    }

    /// Moves on by `outputs` outputs; gives the number of inputs by which the origin has moved.
    pub(crate) fn advance(&self, cursor: &mut Cursor, inputs: usize, outputs: usize) -> usize {
        let position = cursor.position + outputs as u64 * self.down;
        let shift = (position / self.cycle * (self.cycle / self.up)) as usize;
        cursor.position = position % self.cycle;
        cursor.kept = inputs - shift;
        shift
    }
}
