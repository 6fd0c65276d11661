//! Cups.

use super::canvas::{Canvas, Fill};
use super::colour::{CLAY, Finish, Stuff, Tint};
use super::scene::{Place, backdrop, stands};
use super::shape::{At, Shape};

/// A vessel on a table: the body, its glaze with a foot of bare clay, its rim, and what is in it.
fn vessel(canvas: &mut Canvas, profile: &[(f32, f32)], finish: Finish, drink: Option<Tint>) {
    let (Some(&(top, rim)), Some(&(foot, _))) = (profile.first(), profile.last()) else { return };
    let body = canvas.turned(500.0, profile, finish);
    let glaze = [
        (0.0, finish.tint.lit(0.35).alpha(0.45)),
        (0.35, finish.tint.alpha(0.0)),
        (1.0, finish.tint.shaded(0.45).alpha(0.45)),
    ];
    canvas.fill(&body, Fill::down(top, foot, &glaze));
    let bare = foot - (foot - top) * 0.15;
    let mut edge = vec![(0.0, 1000.0), (0.0, 1000.0), (0.0, bare), (0.0, bare)];
    for step in 0..=14_u8 {
        let dip = canvas.between(-9.0, 9.0);
        edge.push((200.0 + f32::from(step) * 43.0, bare + dip));
    }
    edge.extend([(1000.0, bare), (1000.0, bare), (1000.0, 1000.0), (1000.0, 1000.0)]);
    let (left, _, right, _) = body.bounds();
    canvas.inside(&body, |canvas| {
        let clay = Finish::new(0xb9_8a63, Stuff::Plain).round();
        canvas.fill(&Shape::blob(&edge), Fill::across(left, right, &clay));
        canvas.line(&Shape::blob(&edge), 5.0, finish.tint.shaded(0.3).alpha(0.55));
    });
    canvas.speckles(&body, CLAY, 70);
    let high = rim * 0.24;
    let tint = finish.tint;
    canvas.fill(
        &Shape::ellipse(500.0, top, rim, high),
        Fill::across(500.0 - rim, 500.0 + rim, &[(0.0, tint.lit(0.5).solid()), (1.0, tint.lit(0.1).solid())]),
    );
    let hole = Shape::ellipse(500.0, top + 2.0, rim * 0.945, high * 0.90);
    canvas.fill(
        &hole,
        Fill::across(
            500.0 - rim,
            500.0 + rim,
            &[
                (0.0, tint.shaded(0.55).solid()),
                (0.6, tint.shaded(0.22).solid()),
                (1.0, tint.lit(0.15).solid()),
            ],
        ),
    );
    if let Some(drink) = drink {
        canvas.inside(&hole, |canvas| {
            let level = Shape::ellipse(500.0, top + high * 0.45, rim * 0.92, high * 0.88);
            canvas.fill(
                &level,
                Fill::across(
                    500.0 - rim,
                    500.0 + rim,
                    &[(0.0, drink.shaded(0.25).solid()), (1.0, drink.lit(0.18).solid())],
                ),
            );
            canvas.line(
                &Shape::ellipse(500.0, top + high * 0.45, rim * 0.88, high * 0.82),
                4.0,
                drink.lit(0.45).alpha(0.5),
            );
        });
    }
    canvas.line(&Shape::ellipse(500.0, top, rim, high), 3.0, tint.lit(0.6).alpha(0.7));
}

/// A handle on the right, through these points.
fn handle(canvas: &mut Canvas, points: &[At], width: f32, finish: Finish) {
    canvas.tube(&Shape::curve(points), width, finish);
}

fn saucer(canvas: &mut Canvas, y: f32, half: f32, finish: Finish) {
    stands(canvas, 500.0, y + 22.0, half);
    canvas.turned(
        500.0,
        &[(y, half), (y, half), (y + 14.0, half * 0.86), (y + 30.0, half * 0.5), (y + 30.0, half * 0.5)],
        finish,
    );
    let (tint, high) = (finish.tint, half * 0.17);
    let top = Shape::ellipse(500.0, y, half, high);
    canvas.fill(
        &top,
        Fill::across(
            500.0 - half,
            500.0 + half,
            &[(0.0, tint.lit(0.45).solid()), (1.0, tint.shaded(0.06).solid())],
        ),
    );
    canvas.line(&Shape::ellipse(500.0, y + 3.0, half * 0.66, high * 0.6), 3.0, tint.shaded(0.35).alpha(0.5));
    canvas.speckles(&top, CLAY, 40);
    canvas.shadow(&Shape::ellipse(530.0, y + 6.0, half * 0.6, high * 0.5), (0.0, 0.0), 12.0, 0.4);
}

pub(crate) fn cup(canvas: &mut Canvas, model: &str, finish: Finish) {
    backdrop(canvas, Place::Kitchen, Some(600.0), finish.tint);
    let (coffee, tea) = (Tint::hex(0x4a_2c1c), Tint::hex(0xb8_6a2e));
    let steam = canvas.between(-20.0, 20.0);
    match model {
        "Dawn" => {
            saucer(canvas, 742.0, 270.0, finish);
            handle(
                canvas,
                &[(670.0, 480.0), (768.0, 462.0), (800.0, 540.0), (730.0, 606.0), (640.0, 630.0)],
                32.0,
                finish,
            );
            vessel(
                canvas,
                &[
                    (420.0, 200.0),
                    (480.0, 196.0),
                    (600.0, 164.0),
                    (690.0, 104.0),
                    (730.0, 84.0),
                    (744.0, 88.0),
                    (744.0, 88.0),
                ],
                finish,
                Some(tea),
            );
        }
        "Espresso" => {
            saucer(canvas, 736.0, 220.0, finish);
            handle(
                canvas,
                &[(612.0, 560.0), (682.0, 548.0), (700.0, 610.0), (652.0, 660.0), (604.0, 668.0)],
                24.0,
                finish,
            );
            vessel(
                canvas,
                &[
                    (510.0, 126.0),
                    (510.0, 126.0),
                    (600.0, 122.0),
                    (690.0, 106.0),
                    (732.0, 82.0),
                    (738.0, 82.0),
                    (738.0, 82.0),
                ],
                finish,
                Some(coffee),
            );
        }
        "Mug" => {
            stands(canvas, 500.0, 770.0, 190.0);
            handle(
                canvas,
                &[(662.0, 470.0), (770.0, 466.0), (806.0, 570.0), (764.0, 668.0), (656.0, 676.0)],
                40.0,
                finish,
            );
            vessel(
                canvas,
                &[
                    (390.0, 176.0),
                    (390.0, 176.0),
                    (560.0, 178.0),
                    (720.0, 176.0),
                    (766.0, 156.0),
                    (776.0, 150.0),
                    (776.0, 150.0),
                ],
                finish,
                Some(coffee),
            );
        }
        "Tumbler" => {
            stands(canvas, 500.0, 776.0, 140.0);
            vessel(
                canvas,
                &[
                    (340.0, 166.0),
                    (340.0, 166.0),
                    (520.0, 154.0),
                    (700.0, 134.0),
                    (770.0, 120.0),
                    (780.0, 118.0),
                    (780.0, 118.0),
                ],
                finish,
                None,
            );
        }
        _ => {
            stands(canvas, 500.0, 760.0, 190.0);
            for side in [-1.0, 1.0] {
                let ear = [
                    (500.0 + side * 216.0, 500.0),
                    (500.0 + side * 286.0, 488.0),
                    (500.0 + side * 300.0, 548.0),
                    (500.0 + side * 206.0, 580.0),
                ];
                handle(canvas, &ear, 28.0, finish);
            }
            vessel(
                canvas,
                &[
                    (430.0, 232.0),
                    (490.0, 232.0),
                    (600.0, 206.0),
                    (700.0, 140.0),
                    (744.0, 110.0),
                    (764.0, 118.0),
                    (764.0, 118.0),
                ],
                finish,
                Some(Tint::hex(0xe8_dcc2)),
            );
        }
    }
    if matches!(model, "Dawn" | "Mug" | "Espresso") {
        for (x, width) in [(462.0, 9.0), (512.0, 13.0)] {
            let wisp = Shape::curve(&[
                (x, 330.0),
                (x + 26.0 + steam, 260.0),
                (x - 10.0, 190.0),
                (x + 22.0 - steam, 110.0),
            ]);
            canvas.line(&wisp, width, Tint::hex(0xff_ffff).alpha(0.20));
        }
    }
}
