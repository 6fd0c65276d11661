//! Where a thing stands: a wall and a floor in the colours of its department.

use tiny_skia::Color;

use super::canvas::{Canvas, Fill};
use super::colour::Tint;
use super::shape::Shape;

/// The colours of a background: the wall in the light, the wall in the shade, and the floor.
type Walls = (Tint, Tint, Tint);

const fn walls(light: u32, shade: u32, floor: u32) -> Walls {
    (Tint::hex(light), Tint::hex(shade), Tint::hex(floor))
}

/// Rooms in the evening, in which lamps are lit.
const EVENING: [Walls; 6] = [
    walls(0x5d_6b78, 0x36_414d, 0x2c_3239),
    walls(0x7d_6a68, 0x4d_3f43, 0x3b_3034),
    walls(0x62_7169, 0x38_4541, 0x2c_3633),
    walls(0x8a_7560, 0x57_4638, 0x41_342b),
    walls(0x66_6480, 0x3c_3b52, 0x2f_2d3f),
    walls(0x59_7581, 0x34_4a55, 0x28_3841),
];

/// Rooms by day.
const DAY: [Walls; 6] = [
    walls(0xf2_ebe0, 0xdf_d3c3, 0xc9_b9a4),
    walls(0xe3_e8df, 0xc9_d2c6, 0xb3_b8a5),
    walls(0xf3_e2d8, 0xe2_c9bb, 0xc8_ab99),
    walls(0xdf_e7ea, 0xc3_d0d6, 0xad_b4b5),
    walls(0xee_e3c9, 0xdc_cba8, 0xbf_aa86),
    walls(0xe6_dfe6, 0xcf_c4cf, 0xb4_a7b0),
];

/// Tables in a kitchen.
const KITCHEN: [Walls; 6] = [
    walls(0xf6_ead2, 0xea_d5b3, 0xf0_e4d2),
    walls(0xdc_e9ec, 0xbf_d4da, 0xe9_e6de),
    walls(0xf5_dccb, 0xe8_c0a8, 0xf2_e6da),
    walls(0xdf_e6d3, 0xc2_cfb1, 0xea_e5d6),
    walls(0xf3_e3a9, 0xe6_cd82, 0xf2_ead7),
    walls(0xe9_dce4, 0xd4_bfcc, 0xee_e6e2),
];

/// Gardens by day: the sky above, the sky at the horizon, and the ground.
const GARDEN: [Walls; 5] = [
    walls(0x8f_c3d8, 0xf3_ead4, 0x8f_a56c),
    walls(0x9f_cdd0, 0xfb_dfbd, 0xb9_a67c),
    walls(0xa9_cfc0, 0xf6_efcf, 0x84_9c66),
    walls(0xa4_b9e0, 0xfb_dcd2, 0x9d_a277),
    walls(0x7f_bdc4, 0xe6_f0d6, 0xa8_9a70),
];

/// Gardens at dusk.
const DUSK: [Walls; 5] = [
    walls(0x34_4763, 0xc9_8a78, 0x3b_4441),
    walls(0x42_4168, 0xd8_977a, 0x45_4347),
    walls(0x2f_5163, 0xd9_b08a, 0x38_4843),
    walls(0x4c_4463, 0xc6_8288, 0x43_3f47),
    walls(0x2e_4a5c, 0xb7_9b8c, 0x36_4544),
];

/// The kind of place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    Evening,
    Day,
    Kitchen,
    Garden,
    Dusk,
}

impl Place {
    fn choices(self) -> &'static [Walls] {
        match self {
            Self::Evening => &EVENING,
            Self::Day => &DAY,
            Self::Kitchen => &KITCHEN,
            Self::Garden => &GARDEN,
            Self::Dusk => &DUSK,
        }
    }
}

/// Paints a wall, and a floor from this height on. A colour is chosen from which the thing stands out.
pub(crate) fn backdrop(canvas: &mut Canvas, place: Place, floor_at: Option<f32>, thing: Tint) {
    let choices = place.choices();
    let first = canvas.random.usize(..choices.len());
    let in_turn = (0..choices.len()).filter_map(|step| choices.get((first + step) % choices.len()));
    let stands_out = |walls: &&Walls| walls.0.mix(walls.1, 0.5).distance(thing) > 0.26;
    let Some(&(light, shade, floor)) = in_turn.clone().find(stands_out).or(in_turn.clone().next()) else {
        return;
    };
    let whole = Shape::rect(0.0, 0.0, 1000.0, 1000.0);
    let lean = canvas.between(-120.0, 120.0);
    if matches!(place, Place::Garden | Place::Dusk) {
        let horizon = floor_at.unwrap_or(1000.0);
        canvas.fill(&whole, Fill::down(0.0, horizon, &[(0.0, light.solid()), (1.0, shade.solid())]));
        sun(canvas, place, horizon, shade);
        hills(canvas, horizon, light.mix(shade, 0.35).mix(floor, 0.45), shade);
    } else {
        let dark = if place == Place::Evening { 0.16 } else { 0.0 };
        let [bright, middle, dim] = [light.lit(0.10), light, shade].map(|tint| tint.shaded(dark));
        let stops = [(0.0, bright.solid()), (0.45, middle.solid()), (1.0, dim.solid())];
        canvas.fill(&whole, Fill::Round((260.0 + lean, 260.0), 1050.0, stops.to_vec()));
    }
    if let Some(top) = floor_at {
        ground(canvas, place, top, floor);
    }
}

fn ground(canvas: &mut Canvas, place: Place, top: f32, floor: Tint) {
    let ground = Shape::rect(0.0, top, 1000.0, 1000.0 - top);
    let stops = [(0.0, floor.shaded(0.10).solid()), (0.25, floor.solid()), (1.0, floor.lit(0.10).solid())];
    canvas.fill(&ground, Fill::down(top, 1000.0, &stops));
    let bright = [(0.0, floor.lit(0.5).alpha(0.45)), (1.0, floor.lit(0.5).alpha(0.0))];
    canvas.fill(&ground, Fill::Round((250.0, top + 120.0), 700.0, bright.to_vec()));
    match place {
        // The wall's foot is in a little shade.
        Place::Evening | Place::Day | Place::Kitchen => {
            let stops = [(0.0, floor.shaded(0.7).alpha(0.0)), (1.0, floor.shaded(0.7).alpha(0.10))];
            canvas.fill(&Shape::rect(0.0, top - 60.0, 1000.0, 60.0), Fill::down(top - 60.0, top, &stops));
        }
        Place::Garden | Place::Dusk => {
            for _ in 0..90 {
                let (x, y) = (canvas.between(0.0, 1000.0), canvas.between(top + 8.0, 1000.0));
                let (long, alpha) = (canvas.between(3.0, 14.0) * (0.4 + (y - top) / 300.0), 0.22);
                let tint = if canvas.random.bool() { floor.lit(0.4) } else { floor.shaded(0.3) };
                canvas.fill(&Shape::ellipse(x, y, long, long * 0.24), tint.alpha(alpha));
            }
        }
    }
}

fn sun(canvas: &mut Canvas, place: Place, horizon: f32, sky: Tint) {
    // Beside the thing, not behind it.
    let x = if canvas.random.bool() { canvas.between(90.0, 220.0) } else { canvas.between(790.0, 910.0) };
    let y = canvas.between(110.0, horizon - 300.0);
    let (radius, tint) = (canvas.between(46.0, 80.0), Tint::hex(0xff_f3d8).mix(sky, 0.15));
    let strength = if place == Place::Dusk { 0.35 } else { 0.75 };
    canvas.glow((x, y), radius * 4.0, tint, strength * 0.5);
    canvas.fill(&Shape::circle(x, y, radius), tint.alpha(strength));
}

/// Two rows of hills, the further one paler.
fn hills(canvas: &mut Canvas, horizon: f32, tint: Tint, haze: Tint) {
    for (row, (rise, fog)) in [(150.0, 0.62), (80.0, 0.30)].into_iter().enumerate() {
        let mut points = vec![(-80.0, horizon + 20.0), (-80.0, horizon + 20.0)];
        let mut x = -80.0;
        while x < 1100.0 {
            points.push((x, horizon - canvas.between(0.25, 1.0) * rise));
            x += canvas.between(130.0, 300.0);
        }
        points.extend([(1100.0, horizon + 20.0), (1100.0, horizon + 20.0)]);
        let far = tint.mix(haze, fog);
        let colours: [(f32, Color); 2] = [(0.0, far.solid()), (1.0, far.mix(haze, 0.35).solid())];
        canvas.fill(&Shape::blob(&points), Fill::down(horizon - rise, horizon, &colours));
        if row == 0 {
            canvas.glow((500.0, horizon), 520.0, haze, 0.10);
        }
    }
}

/// The soft shadow under a thing that stands at this height, and the longer one that falls to the right.
pub(crate) fn stands(canvas: &mut Canvas, x: f32, y: f32, half: f32) {
    canvas.shadow(
        &Shape::ellipse(x + half * 0.35, y + 4.0, half * 1.25, half * 0.20 + 6.0),
        (0.0, 0.0),
        26.0,
        0.34,
    );
    canvas.shadow(&Shape::ellipse(x, y, half * 0.98, half * 0.07 + 4.0), (0.0, 0.0), 8.0, 0.5);
}
