//! Bulbs.

use super::canvas::{Canvas, Fill};
use super::colour::{CHROME, Finish, Tint};
use super::lamps::{HOT, IRON, WARM, pool};
use super::scene::{Place, backdrop, stands};
use super::shape::Shape;

/// The screw of a bulb, from this height on.
fn screw(canvas: &mut Canvas, top: f32, half: f32) {
    let collar =
        [(top - 20.0, half * 1.06), (top - 20.0, half * 1.06), (top, half * 1.06), (top, half * 1.06)];
    canvas.turned(500.0, &collar, CHROME);
    for turn in [0.0, 26.0, 52.0, 78.0] {
        let y = top + turn;
        canvas.turned(
            500.0,
            &[
                (y, half * 0.94),
                (y + 9.0, half),
                (y + 18.0, half * 0.97),
                (y + 27.0, half * 0.88),
                (y + 27.0, half * 0.88),
            ],
            CHROME,
        );
    }
    canvas.turned(
        500.0,
        &[(top + 104.0, half * 0.8), (top + 124.0, half * 0.42), (top + 124.0, half * 0.42)],
        IRON,
    );
    canvas.turned(
        500.0,
        &[(top + 122.0, half * 0.34), (top + 134.0, half * 0.20), (top + 134.0, half * 0.20)],
        CHROME,
    );
}

pub(crate) fn bulb(canvas: &mut Canvas, model: &str, finish: Finish) {
    backdrop(canvas, Place::Evening, Some(790.0), finish.tint);
    let light = finish.tint;
    let (cap, half, profile): (f32, f32, &[(f32, f32)]) = match model {
        "Candle" => (
            700.0,
            56.0,
            &[
                (250.0, 0.0),
                (300.0, 22.0),
                (390.0, 70.0),
                (490.0, 104.0),
                (570.0, 106.0),
                (650.0, 68.0),
                (690.0, 52.0),
                (690.0, 52.0),
            ],
        ),
        "Globe" => (
            704.0,
            62.0,
            &[
                (200.0, 0.0),
                (214.0, 90.0),
                (280.0, 186.0),
                (400.0, 226.0),
                (520.0, 190.0),
                (610.0, 106.0),
                (690.0, 60.0),
                (690.0, 60.0),
            ],
        ),
        "Filament" => (
            700.0,
            62.0,
            &[
                (190.0, 0.0),
                (202.0, 60.0),
                (260.0, 130.0),
                (370.0, 168.0),
                (480.0, 150.0),
                (590.0, 90.0),
                (690.0, 58.0),
                (690.0, 58.0),
            ],
        ),
        "Reflector" => (
            704.0,
            60.0,
            &[
                (300.0, 210.0),
                (300.0, 210.0),
                (330.0, 216.0),
                (420.0, 190.0),
                (540.0, 120.0),
                (620.0, 74.0),
                (694.0, 58.0),
                (694.0, 58.0),
            ],
        ),
        _ => (
            704.0,
            54.0,
            &[
                (160.0, 0.0),
                (166.0, 34.0),
                (196.0, 60.0),
                (230.0, 62.0),
                (640.0, 62.0),
                (694.0, 52.0),
                (694.0, 52.0),
            ],
        ),
    };
    pool(canvas, 500.0, 850.0, 360.0);
    stands(canvas, 500.0, 838.0, 70.0);
    let shape = Shape::turned(500.0, profile);
    let (left, top, right, bottom) = shape.bounds();
    let centre = (500.0, top + (bottom - top) * 0.42);
    canvas.glow(centre, 520.0, light, 0.7);
    let stops = if model == "Filament" {
        [(0.0, light.alpha(0.75)), (0.5, light.alpha(0.34)), (1.0, light.lit(0.3).alpha(0.26))]
    } else {
        [
            (0.0, Tint::hex(0xff_ffff).solid()),
            (0.45, light.lit(0.55).solid()),
            (1.0, light.mix(WARM, 0.25).solid()),
        ]
    };
    canvas.fill(&shape, Fill::Round(centre, (bottom - top) * 0.62, stops.to_vec()));
    match model {
        "Filament" => {
            canvas.line(&shape, 2.5, light.lit(0.6).alpha(0.6));
            canvas.line(&Shape::line(&[(500.0, 690.0), (500.0, 560.0)]), 14.0, light.lit(0.3).alpha(0.6));
            let mut points = vec![(470.0, 570.0)];
            for (number, x) in [432.0, 452.0, 478.0, 500.0, 522.0, 548.0, 568.0].into_iter().enumerate() {
                points.push((x, if number % 2 == 0 { 300.0 } else { 520.0 }));
            }
            points.push((530.0, 570.0));
            let wire = Shape::curve(&points);
            canvas.glow(centre, 220.0, light, 0.8);
            canvas.line(&wire, 10.0, light.alpha(0.6));
            canvas.line(&wire, 4.0, HOT.solid());
        }
        "Reflector" => {
            canvas.inside(&Shape::rect(0.0, 372.0, 1000.0, 400.0), |canvas| canvas.round(&shape, CHROME));
            canvas.fill(&Shape::ellipse(500.0, 302.0, 212.0, 42.0), light.lit(0.7).solid());
            canvas.glow((500.0, 290.0), 300.0, light, 0.6);
        }
        _ => {}
    }
    canvas.inside(&shape, |canvas| {
        let x = left + (right - left) * 0.2;
        canvas.line(
            &Shape::curve(&[(x + 30.0, top + 70.0), (x, top + 160.0), (x + 10.0, top + 250.0)]),
            15.0,
            HOT.alpha(0.45),
        );
    });
    screw(canvas, cap, half);
}
