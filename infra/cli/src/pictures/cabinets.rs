//! Cabinets.

use super::canvas::Canvas;
use super::colour::{BRASS, Finish, STEEL, Stuff};
use super::props::{books, vase};
use super::scene::{Place, backdrop};
use super::shape::Shape;
use super::space::{View, block, face, footprint, leg};

pub(crate) fn cabinet(canvas: &mut Canvas, model: &str, finish: Finish) {
    backdrop(canvas, Place::Day, Some(720.0), finish.tint);
    let turn = canvas.between(-5.0, 5.0);
    let view = View { around: 30.0 + turn, down: 16.0, ..View::new((480.0, 830.0), 4.8) };
    // Half the width, the heights of the legs and the top, half the depth, and the doors across and up.
    let (half, legs, top, deep, across, up) = match model {
        "Apothecary" => (52.0, 14.0, 104.0, 20.0, 4, 5),
        "Hall" => (44.0, 10.0, 132.0, 19.0, 2, 1),
        "Locker" => (46.0, 8.0, 128.0, 21.0, 3, 1),
        "Media" => (84.0, 18.0, 62.0, 21.0, 3, 1),
        _ => (68.0, 16.0, 84.0, 21.0, 1, 1),
    };
    let view = if half > 60.0 { View { scale: 4.3, foot: (485.0, 790.0), ..view } } else { view };
    footprint(canvas, view, (-half, -deep), (half, deep));
    let bar = if finish.stuff == Stuff::Wood { finish } else { BRASS };
    for (x, z) in [(-1.0, -1.0), (1.0, -1.0), (-1.0, 1.0), (1.0, 1.0)] {
        let (x, z) = (x * (half - 6.0), z * (deep - 4.0));
        leg(canvas, view, (x, legs + 1.0, z), (x * 1.02, 0.0, z), (bar, 17.0));
    }
    block(canvas, view, (-half, legs, -deep), (half, top, deep), (finish, 4.0));
    if model == "Tambour" {
        tambour(canvas, view, (half, legs, top, deep), finish);
    } else {
        doors(canvas, view, model, ((half, legs, top, deep), across, up), finish);
    }
    match model {
        "Media" | "Tambour" => {
            books(canvas, view, (-half + 10.0, top, 4.0), -half + 34.0, 24.0);
            vase(canvas, view, (half * 0.5, top, 0.0), 24.0);
        }
        "Apothecary" => vase(canvas, view, (-half * 0.4, top, 0.0), 18.0),
        _ => {}
    }
}

/// The front of a cabinet: half its width, its feet, its top, and half its depth.
type Front = (f32, f32, f32, f32);

fn doors(
    canvas: &mut Canvas,
    view: View,
    model: &str,
    ((half, legs, top, deep), across, up): (Front, u8, u8),
    finish: Finish,
) {
    let (wide, high) = (2.0 * half / f32::from(across), (top - legs) / f32::from(up));
    let tint = finish.tint;
    for row in 0..up {
        for column in 0..across {
            let (x, y) = (-half + wide * f32::from(column), legs + high * f32::from(row));
            let (x0, x1, y0, y1) = (x + 1.2, x + wide - 1.2, y + 1.2, y + high - 1.2);
            let door = view.face(&[(x0, y0, deep), (x1, y0, deep), (x1, y1, deep), (x0, y1, deep)]);
            canvas.line(&door, 4.0, tint.shaded(0.55).solid());
            face(canvas, &door, tint.lit(board(row, column)), 0.0);
            if finish.stuff == Stuff::Wood {
                canvas.grain(&door, tint, up == 1);
            }
            let (knob_x, knob_y) = match model {
                "Apothecary" => (x0.midpoint(x1), y0.midpoint(y1)),
                "Media" => (x0.midpoint(x1), y1 - 5.0),
                _ if column + 1 == across && across > 1 => (x0 + 4.0, y0.midpoint(y1)),
                _ => (x1 - 4.0, y0.midpoint(y1)),
            };
            if model == "Locker" {
                for vent in 0..5_u8 {
                    let y = y1 - 12.0 - 4.0 * f32::from(vent);
                    canvas.line(
                        &view.through(&[(x0 + 7.0, y, deep), (x1 - 7.0, y, deep)]),
                        5.0,
                        tint.shaded(0.5).alpha(0.8),
                    );
                }
                leg(
                    canvas,
                    view,
                    (knob_x, knob_y - 5.0, deep + 1.0),
                    (knob_x, knob_y + 5.0, deep + 1.0),
                    (STEEL, 8.0),
                );
            } else if model == "Hall" {
                leg(
                    canvas,
                    view,
                    (knob_x, knob_y - 9.0, deep + 1.0),
                    (knob_x, knob_y + 9.0, deep + 1.0),
                    (BRASS, 8.0),
                );
            } else {
                let (x, y) = view.at((knob_x, knob_y, deep + 2.0));
                canvas.fill(&Shape::circle(x + 3.0, y + 4.0, 8.0), tint.shaded(0.6).alpha(0.5));
                canvas.round(&Shape::circle(x, y, 7.5), BRASS);
            }
        }
    }
}

/// How much lighter a board is than the darkest one: neighbours differ a little.
fn board(row: u8, column: u8) -> f32 {
    f32::from((row * 3 + column * 5) % 4) * 0.035
}

/// Doors of narrow slats that slide around the corner.
fn tambour(canvas: &mut Canvas, view: View, (half, legs, top, deep): Front, finish: Finish) {
    let (y0, y1) = (legs + 3.0, top - 3.0);
    let front = view.face(&[
        (-half + 3.0, y0, deep),
        (half - 3.0, y0, deep),
        (half - 3.0, y1, deep),
        (-half + 3.0, y1, deep),
    ]);
    canvas.fill(&front, finish.tint.shaded(0.35).solid());
    let mut x = -half + 3.0;
    while x < half - 4.0 {
        let slat = view.face(&[(x, y0, deep), (x + 2.4, y0, deep), (x + 2.4, y1, deep), (x, y1, deep)]);
        canvas.round(&slat, Finish { stuff: Stuff::Plain, ..finish });
        x += 3.1;
    }
    for x in [-3.0, 3.0] {
        leg(
            canvas,
            view,
            (x, y0.midpoint(y1) - 7.0, deep + 1.0),
            (x, y0.midpoint(y1) + 7.0, deep + 1.0),
            (BRASS, 7.0),
        );
    }
}
