//! Planters.

use super::canvas::{Canvas, Fill};
use super::colour::{Finish, Tint};
use super::scene::{Place, backdrop, stands};
use super::shape::{At, Shape};
use super::space::{View, block, footprint};

pub(crate) fn planter(canvas: &mut Canvas, model: &str, finish: Finish) {
    backdrop(canvas, Place::Garden, Some(720.0), finish.tint);
    let kind = canvas.random.usize(..3);
    let greens = [0x5f_8a52, 0x4d_7d62, 0x7c_9150];
    let tint = greens[kind];
    let petals = [Tint::hex(0xe2_7f86), Tint::hex(0xf5_efe2), Tint::hex(0xb7_92cf)][kind];
    match model {
        "Bowl" => {
            stands(canvas, 500.0, 840.0, 210.0);
            earth(canvas, 610.0, 288.0, finish);
            grow(
                canvas,
                (500.0, 616.0),
                220.0,
                &Plant { leaves: 30, long: 170.0, spread: 62.0, wide: 0.16, tint },
            );
            bloom(canvas, (500.0, 560.0), 230.0, 130.0, petals);
            canvas.inside(&Shape::rect(0.0, 614.0, 1000.0, 400.0), |canvas| {
                canvas.turned(
                    500.0,
                    &[
                        (600.0, 288.0),
                        (600.0, 288.0),
                        (640.0, 286.0),
                        (740.0, 246.0),
                        (810.0, 170.0),
                        (842.0, 120.0),
                        (842.0, 120.0),
                    ],
                    finish,
                );
            });
            canvas.tube(
                &Shape::curve(&[
                    (216.0, 616.0),
                    (350.0, 650.0),
                    (500.0, 660.0),
                    (650.0, 650.0),
                    (784.0, 616.0),
                ]),
                24.0,
                finish,
            );
        }
        "Column" => {
            stands(canvas, 500.0, 870.0, 130.0);
            earth(canvas, 430.0, 150.0, finish);
            grow(
                canvas,
                (500.0, 436.0),
                100.0,
                &Plant { leaves: 18, long: 330.0, spread: 54.0, wide: 0.07, tint },
            );
            canvas.turned(
                500.0,
                &[
                    (432.0, 150.0),
                    (432.0, 150.0),
                    (464.0, 150.0),
                    (464.0, 150.0),
                    (466.0, 140.0),
                    (466.0, 140.0),
                    (866.0, 116.0),
                    (874.0, 112.0),
                    (874.0, 112.0),
                ],
                finish,
            );
        }
        "Cube" | "Trough" => {
            let (half, high, deep) = if model == "Cube" { (24.0, 46.0, 24.0) } else { (58.0, 36.0, 18.0) };
            let turn = canvas.between(-6.0, 6.0);
            let view = View {
                around: 32.0 + turn,
                ..View::new((485.0, 800.0), if model == "Cube" { 6.6 } else { 5.4 })
            };
            footprint(canvas, view, (-half, -deep), (half, deep));
            block(canvas, view, (-half, 0.0, -deep), (half, high, deep), (finish, 5.0));
            let rim = 3.0;
            let soil = [
                (-half + rim, high, deep - rim),
                (half - rim, high, deep - rim),
                (half - rim, high, -deep + rim),
                (-half + rim, high, -deep + rim),
            ];
            canvas.fill(&view.face(&soil), Tint::hex(0x3e_2f28).solid());
            let (x, y) = view.at((0.0, high, 0.0));
            if model == "Cube" {
                canvas.tube(
                    &Shape::curve(&[(x, y), (x - 8.0 + turn, y - 90.0), (x + 4.0, y - 190.0)]),
                    17.0,
                    Finish::named("walnut"),
                );
                tree(canvas, (x + 4.0, y - 280.0), 150.0, Tint::hex(tint));
            } else {
                for step in -2..=2_i8 {
                    let (x, y) = view.at((f32::from(step) * 22.0, high, 0.0));
                    grow(
                        canvas,
                        (x, y + 6.0),
                        44.0,
                        &Plant { leaves: 13, long: 190.0, spread: 42.0, wide: 0.09, tint },
                    );
                    bloom(canvas, (x, y - 90.0), 56.0, 96.0, petals);
                }
            }
        }
        _ => {
            stands(canvas, 500.0, 866.0, 130.0);
            earth(canvas, 500.0, 206.0, finish);
            grow(
                canvas,
                (500.0, 506.0),
                150.0,
                &Plant { leaves: 24, long: 250.0, spread: 78.0, wide: 0.13, tint },
            );
            canvas.turned(
                500.0,
                &[
                    (500.0, 206.0),
                    (500.0, 206.0),
                    (530.0, 210.0),
                    (546.0, 178.0),
                    (640.0, 200.0),
                    (730.0, 150.0),
                    (770.0, 62.0),
                    (800.0, 56.0),
                    (820.0, 110.0),
                    (820.0, 110.0),
                    (866.0, 122.0),
                    (866.0, 122.0),
                ],
                finish,
            );
            canvas.line(
                &Shape::curve(&[
                    (322.0, 560.0),
                    (420.0, 578.0),
                    (500.0, 582.0),
                    (580.0, 578.0),
                    (678.0, 560.0),
                ]),
                7.0,
                finish.tint.shaded(0.35).alpha(0.5),
            );
        }
    }
}

/// Leaves that grow out of a spot: how many, how long, how far apart in degrees, and how wide.
struct Plant {
    leaves: u8,
    long: f32,
    spread: f32,
    wide: f32,
    tint: u32,
}

fn grow(canvas: &mut Canvas, (x, y): At, half: f32, plant: &Plant) {
    let last = f32::from(plant.leaves.max(2) - 1);
    let green = Tint::hex(plant.tint);
    for number in 0..plant.leaves {
        // From the outside to the middle, so that the middle is in front.
        let place = f32::from(number) / last;
        let side = if number % 2 == 0 { -1.0 } else { 1.0 };
        let angle = side * plant.spread * (1.0 - place) + canvas.between(-8.0, 8.0);
        let long = plant.long * canvas.between(0.72, 1.05) * (0.75 + 0.25 * place);
        let root = x + side * half * (1.0 - place) * 0.8;
        let (across, up) = angle.to_radians().sin_cos();
        let droop = long * 0.22 * (1.0 - place);
        let tip = (root + across * long, y - up * long + droop);
        let middle = (root + across * long * 0.5, y - up * long * 0.58);
        let wide = long * plant.wide;
        let (across_x, across_y) = (up * wide, across * wide);
        let blade = Shape::blob(&[
            (root, y),
            (root, y),
            (middle.0 - across_x, middle.1 - across_y),
            tip,
            tip,
            (middle.0 + across_x, middle.1 + across_y),
        ]);
        let tint = green.mix(Tint::hex(0xd6_d98a), canvas.between(0.0, 0.28)).shaded(0.26 * (1.0 - place));
        canvas.fill(
            &blade,
            Fill::Line(
                (root - wide, y),
                (tip.0 + wide, tip.1),
                vec![(0.0, tint.shaded(0.35).solid()), (0.6, tint.solid()), (1.0, tint.lit(0.30).solid())],
            ),
        );
        canvas.line(&Shape::curve(&[(root, y), middle, tip]), 2.0, tint.lit(0.4).alpha(0.5));
    }
}

/// Round blossoms above a spot.
fn bloom(canvas: &mut Canvas, (x, y): At, half: f32, high: f32, tint: Tint) {
    for _ in 0..22 {
        let (across, up) = (canvas.between(-1.0, 1.0), canvas.between(0.1, 1.0));
        let at = (x + across * half, y - up * high * (1.0 - across * across * 0.5));
        let size = canvas.between(13.0, 24.0);
        for petal in [0.0, 72.0, 144.0, 216.0, 288.0] {
            let leaf =
                Shape::ellipse(at.0, at.1 - size * 0.55, size * 0.42, size * 0.62).turn(petal + size, at);
            canvas.fill(&leaf, tint.lit(up * 0.4).solid());
        }
        canvas.fill(&Shape::circle(at.0, at.1, size * 0.28), Tint::hex(0xf2_c84e).solid());
    }
}

/// Dark earth in the mouth of a pot, and the pot's rim.
fn earth(canvas: &mut Canvas, y: f32, half: f32, finish: Finish) {
    let high = half * 0.17;
    canvas.fill(
        &Shape::ellipse(500.0, y, half, high),
        Fill::across(
            500.0 - half,
            500.0 + half,
            &[(0.0, finish.tint.lit(0.4).solid()), (1.0, finish.tint.shaded(0.1).solid())],
        ),
    );
    canvas.fill(&Shape::ellipse(500.0, y + 3.0, half * 0.9, high * 0.82), Tint::hex(0x3e_2f28).solid());
}

/// The crown of a clipped tree.
fn tree(canvas: &mut Canvas, (x, y): At, radius: f32, tint: Tint) {
    let stops = [(0.0, tint.lit(0.35).solid()), (0.5, tint.solid()), (1.0, tint.shaded(0.45).solid())];
    canvas.fill(
        &Shape::circle(x, y, radius),
        Fill::Round((x - radius * 0.4, y - radius * 0.45), radius * 1.5, stops.to_vec()),
    );
    for _ in 0..170 {
        let (angle, out) =
            (canvas.between(0.0, std::f32::consts::TAU), canvas.between(0.0, 1.0).sqrt() * radius);
        let at = (x + angle.cos() * out, y + angle.sin() * out);
        let light = 0.5 - (angle.cos() + angle.sin()) * out / radius * 0.42;
        let colour = tint.shaded(0.34).mix(tint.lit(0.45), light);
        let turn = canvas.between(0.0, 180.0);
        canvas.fill(&Shape::ellipse(at.0, at.1, 6.5, 14.0).turn(turn, at), colour.alpha(0.85));
    }
}
