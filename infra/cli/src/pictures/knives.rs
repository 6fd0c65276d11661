//! Knives, each on a board with what it cuts.

use super::canvas::{Canvas, Fill};
use super::colour::{BRASS, Finish, Tint};
use super::scene::{Place, backdrop};
use super::shape::{At, Shape};

const BLADE: Tint = Tint::hex(0xc9_ced3);

pub(crate) fn knife(canvas: &mut Canvas, model: &str, finish: Finish) {
    backdrop(canvas, Place::Kitchen, None, finish.tint);
    let tilt = canvas.between(-5.0, 5.0);
    board(canvas, tilt * 0.5, finish);
    food(canvas, model);
    canvas.turned_by(tilt - 24.0, (500.0, 500.0), |canvas| {
        // The length of the blade, its width, and the handle's length.
        let (long, wide, grip) = match model {
            "Bread" => (500.0, 74.0, 250.0),
            "Chef's" => (470.0, 118.0, 250.0),
            "Fillet" => (480.0, 52.0, 230.0),
            "Paring" => (230.0, 58.0, 200.0),
            _ => (350.0, 70.0, 225.0),
        };
        let heel = 500.0 + (long - grip) / 2.0;
        let (tip, top) = (heel - long, 500.0 - wide * 0.42);
        let shape = blade(model, (tip, heel), top, wide);
        canvas.shadow(&shape, (6.0, 30.0), 16.0, 0.42);
        let steel = [
            (0.0, BLADE.shaded(0.18).solid()),
            (0.35, BLADE.lit(0.55).solid()),
            (0.5, BLADE.solid()),
            (0.62, BLADE.shaded(0.22).solid()),
            (1.0, BLADE.lit(0.5).solid()),
        ];
        canvas.fill(&shape, Fill::Line((heel, top), (heel - 60.0, top + wide), steel.to_vec()));
        canvas.inside(&shape, |canvas| {
            let edge = shape.clone().moved(0.0, -wide * 0.16);
            canvas.line(&edge, 2.0, BLADE.shaded(0.4).alpha(0.45));
        });
        canvas.line(
            &Shape::line(&[(heel, top + 1.5), (tip + long * 0.25, top + 1.5)]),
            3.0,
            BLADE.shaded(0.4).alpha(0.6),
        );
        handle(canvas, heel, grip, finish);
    });
}

/// The outline of a blade that points to the left, its edge below.
fn blade(model: &str, (tip, heel): At, top: f32, wide: f32) -> Shape {
    let long = heel - tip;
    let at = |part: f32, down: f32| (heel - long * part, top + wide * down);
    let mut points = vec![at(0.0, 0.0), at(0.0, 0.0)];
    match model {
        "Bread" => {
            points.extend([at(0.9, 0.04), at(1.0, 0.5), at(0.98, 0.92), at(0.98, 0.92)]);
            for tooth in 0..22_u8 {
                let part = 0.96 - 0.041 * f32::from(tooth);
                points.extend([at(part, 1.0), at(part - 0.02, 0.88)]);
            }
            points.extend([at(0.03, 0.9), at(0.03, 0.9)]);
        }
        "Fillet" => points.extend([
            at(0.5, 0.10),
            at(0.85, -0.16),
            at(1.0, -0.5),
            at(1.0, -0.5),
            at(0.8, 0.44),
            at(0.4, 0.80),
            at(0.0, 0.9),
        ]),
        "Chef's" => points.extend([
            at(0.55, 0.0),
            at(0.85, 0.16),
            at(1.0, 0.52),
            at(1.0, 0.52),
            at(0.72, 0.86),
            at(0.4, 1.0),
            at(0.02, 1.0),
            at(0.02, 1.0),
        ]),
        _ => points.extend([
            at(0.5, 0.02),
            at(0.82, 0.20),
            at(1.0, 0.62),
            at(1.0, 0.62),
            at(0.7, 0.86),
            at(0.3, 0.94),
            at(0.02, 0.94),
            at(0.02, 0.94),
        ]),
    }
    points.extend([at(0.0, 0.62), at(0.0, 0.62)]);
    Shape::blob(&points)
}

fn handle(canvas: &mut Canvas, heel: f32, long: f32, finish: Finish) {
    let end = heel + long;
    let shape = Shape::blob(&[
        (heel + 8.0, 470.0),
        (heel + 8.0, 470.0),
        (heel + long * 0.4, 466.0),
        (end - 50.0, 474.0),
        (end - 10.0, 486.0),
        (end, 512.0),
        (end - 22.0, 534.0),
        (end - 70.0, 522.0),
        (heel + long * 0.4, 518.0),
        (heel + 8.0, 526.0),
        (heel + 8.0, 526.0),
    ]);
    canvas.shadow(&shape, (6.0, 32.0), 16.0, 0.45);
    let tint = finish.tint;
    canvas.fill(
        &shape,
        Fill::down(
            464.0,
            534.0,
            &[(0.0, tint.lit(0.42).solid()), (0.4, tint.solid()), (1.0, tint.shaded(0.45).solid())],
        ),
    );
    canvas.grain(&shape, tint, false);
    canvas.fill(
        &Shape::rect(heel - 4.0, 466.0, 24.0, 60.0),
        Fill::down(
            466.0,
            526.0,
            &[
                (0.0, BLADE.lit(0.5).solid()),
                (0.5, BLADE.shaded(0.2).solid()),
                (1.0, BLADE.shaded(0.5).solid()),
            ],
        ),
    );
    for part in [0.24, 0.5, 0.76] {
        canvas.round(&Shape::circle(heel + long * part, 494.0, 8.5), BRASS);
    }
}

/// A cutting board, darker than a light handle and lighter than a dark one.
fn board(canvas: &mut Canvas, degrees: f32, finish: Finish) {
    let wood = Finish::named(if finish.tint.luma() > 0.55 { "walnut" } else { "ash" });
    canvas.turned_by(degrees, (500.0, 500.0), |canvas| {
        let shape = Shape::rounded(110.0, 190.0, 780.0, 620.0, 46.0);
        canvas.shadow(&shape, (16.0, 26.0), 34.0, 0.45);
        canvas.fill(&shape.clone().moved(0.0, 12.0), wood.tint.shaded(0.45).solid());
        let stops = [
            (0.0, wood.tint.lit(0.25).solid()),
            (0.6, wood.tint.solid()),
            (1.0, wood.tint.shaded(0.12).solid()),
        ];
        canvas.fill(&shape, Fill::Line((110.0, 190.0), (890.0, 810.0), stops.to_vec()));
        canvas.grain(&shape, wood.tint, false);
        canvas.line(
            &Shape::rounded(146.0, 226.0, 708.0, 548.0, 30.0),
            5.0,
            wood.tint.shaded(0.4).alpha(0.35),
        );
    });
}

/// What lies beside the knife.
fn food(canvas: &mut Canvas, model: &str) {
    let shift = canvas.between(-20.0, 20.0);
    match model {
        "Bread" => {
            for (number, x) in [330.0, 440.0, 560.0].into_iter().enumerate() {
                let (y, turn) =
                    (318.0 + shift + 8.0 * f32::from(u8::try_from(number).unwrap_or_default()), shift * 0.6);
                let slice = |half: f32, high: f32| {
                    Shape::blob(&[
                        (x - half, y - high * 0.4),
                        (x, y - high),
                        (x + half, y - high * 0.4),
                        (x + half * 0.86, y + high),
                        (x + half * 0.86, y + high),
                        (x - half * 0.86, y + high),
                        (x - half * 0.86, y + high),
                    ])
                    .turn(turn, (x, y))
                };
                canvas.shadow(&slice(84.0, 76.0), (8.0, 14.0), 14.0, 0.4);
                canvas.fill(&slice(84.0, 76.0), Tint::hex(0xa0_6330).solid());
                canvas.fill(
                    &slice(73.0, 65.0),
                    Fill::Round(
                        (x - 20.0, y - 20.0),
                        120.0,
                        vec![(0.0, Tint::hex(0xf6_e6c4).solid()), (1.0, Tint::hex(0xe3_c48e).solid())],
                    ),
                );
            }
        }
        "Chef's" => {
            for (number, x) in [600.0, 662.0, 716.0, 770.0].into_iter().enumerate() {
                let y = 660.0 + shift + if number % 2 == 0 { 0.0 } else { 26.0 };
                ball(canvas, (x, y), 38.0, Tint::hex(0xe5_8a3a), 0.84);
                canvas.line(&Shape::circle(x, y, 20.0), 4.0, Tint::hex(0xf7_b468).alpha(0.8));
            }
        }
        "Fillet" => {
            for (x, y) in [(600.0, 690.0), (690.0, 650.0), (760.0, 706.0)] {
                let (x, y) = (x + shift, y - shift);
                ball(canvas, (x, y), 54.0, Tint::hex(0xf2_cb45), 1.0);
                canvas.fill(&Shape::circle(x, y, 44.0), Tint::hex(0xfb_f0c0).solid());
                for turn in 0..8_u8 {
                    let angle = f32::from(turn) * 45.0;
                    let wedge = Shape::polygon(&[(x, y - 5.0), (x - 12.0, y - 38.0), (x + 12.0, y - 38.0)])
                        .turn(angle, (x, y));
                    canvas.fill(&wedge, Tint::hex(0xf3_d45e).solid());
                }
            }
        }
        "Paring" => {
            for (x, y, colour) in [(330.0, 330.0, 0xc8_4a3a), (452.0, 300.0, 0xb8_b04a)] {
                ball(canvas, (x + shift, y), 78.0, Tint::hex(colour), 0.95);
                canvas.line(
                    &Shape::curve(&[
                        (x + shift, y - 60.0),
                        (x + shift + 4.0, y - 84.0),
                        (x + shift + 16.0, y - 98.0),
                    ]),
                    7.0,
                    Tint::hex(0x5a_4030).solid(),
                );
            }
        }
        _ => {
            for (x, y) in [(640.0, 690.0), (740.0, 660.0), (700.0, 752.0)] {
                let (x, y) = (x + shift, y);
                ball(canvas, (x, y), 50.0, Tint::hex(0xd5_4b38), 1.0);
                for turn in [0.0, 72.0, 144.0, 216.0, 288.0] {
                    let sepal = Shape::ellipse(x, y - 14.0, 4.0, 15.0).turn(turn + shift, (x, y));
                    canvas.fill(&sepal, Tint::hex(0x5a_8040).solid());
                }
            }
        }
    }
}

fn ball(canvas: &mut Canvas, (x, y): At, size: f32, tint: Tint, flat: f32) {
    let shape = Shape::ellipse(x, y, size, size * flat);
    canvas.shadow(&shape, (10.0, 16.0), 14.0, 0.42);
    let stops =
        [(0.0, tint.lit(0.65).solid()), (0.35, tint.lit(0.06).solid()), (1.0, tint.shaded(0.38).solid())];
    canvas.fill(&shape, Fill::Round((x - size * 0.35, y - size * 0.4), size * 1.4, stops.to_vec()));
}
