//! Lights that hang from ceilings and on walls.

use super::canvas::{Canvas, Fill};
use super::colour::{BRASS, Finish, Stuff};
use super::lamps::{HOT, IRON, WARM, beam, lantern};
use super::scene::{Place, backdrop};
use super::shape::{At, Shape};

/// Glass that is lit from within: opal glass glows as a whole, smoked glass lets its bulb be seen.
fn glass(canvas: &mut Canvas, shape: &Shape, finish: Finish, bulb: At) {
    let (left, top, right, bottom) = shape.bounds();
    let wide = (right - left).max(bottom - top);
    if finish.tint.luma() > 0.7 {
        lantern(canvas, shape, finish.tint);
    } else {
        canvas.glow(bulb, wide * 1.2, WARM, 0.40);
        let stops = [
            (0.0, WARM.alpha(0.62)),
            (0.3, finish.tint.mix(WARM, 0.35).alpha(0.66)),
            (1.0, finish.tint.shaded(0.35).alpha(0.86)),
        ];
        canvas.fill(shape, Fill::Round(bulb, wide * 0.62, stops.to_vec()));
        canvas.fill(&Shape::circle(bulb.0, bulb.1, 30.0), HOT.solid());
        canvas.glow(bulb, 150.0, WARM, 0.9);
        canvas.line(shape, 2.5, finish.tint.lit(0.55).alpha(0.5));
    }
    canvas.inside(shape, |canvas| {
        let at = left + (right - left) * 0.2;
        let streak = Shape::curve(&[
            (at + 16.0, top + 24.0),
            (at - 8.0, top.midpoint(bottom)),
            (at + 6.0, bottom - 20.0),
        ]);
        canvas.line(&streak, (right - left) * 0.055, HOT.alpha(0.26));
    });
}

pub(crate) fn pendant(canvas: &mut Canvas, model: &str, finish: Finish) {
    backdrop(canvas, Place::Evening, None, finish.tint);
    let drop = canvas.between(-24.0, 24.0);
    let cord = |canvas: &mut Canvas, bottom: f32| {
        canvas.line(&Shape::line(&[(500.0, -10.0), (500.0, bottom)]), 6.0, IRON.tint.solid());
    };
    let cap = |canvas: &mut Canvas, top: f32, half: f32| {
        let profile = [
            (top - 52.0, 12.0),
            (top - 48.0, 20.0),
            (top - 14.0, half),
            (top + 8.0, half),
            (top + 8.0, half),
        ];
        canvas.turned(500.0, &profile, BRASS);
    };
    match model {
        "Bell" => {
            let top = 330.0 + drop;
            cord(canvas, top);
            beam(canvas, (500.0, top + 330.0), 180.0, 480.0, 0.0);
            let bell = Shape::turned(
                500.0,
                &[
                    (top, 46.0),
                    (top + 40.0, 96.0),
                    (top + 150.0, 142.0),
                    (top + 270.0, 176.0),
                    (top + 330.0, 240.0),
                    (top + 330.0, 240.0),
                ],
            );
            glass(canvas, &bell, finish, (500.0, top + 190.0));
            canvas.fill(&Shape::ellipse(500.0, top + 330.0, 238.0, 24.0), HOT.alpha(0.55));
            cap(canvas, top, 46.0);
        }
        "Cone" => {
            let top = 310.0 + drop;
            cord(canvas, top);
            beam(canvas, (500.0, top + 320.0), 230.0, 480.0, 0.0);
            let cone =
                Shape::turned(500.0, &[(top, 34.0), (top, 34.0), (top + 320.0, 262.0), (top + 320.0, 262.0)]);
            glass(canvas, &cone, finish, (500.0, top + 210.0));
            canvas.fill(&Shape::ellipse(500.0, top + 320.0, 260.0, 28.0), HOT.alpha(0.6));
            cap(canvas, top, 36.0);
        }
        "Drop" => {
            let top = 260.0 + drop;
            cord(canvas, top);
            let tear = Shape::turned(
                500.0,
                &[
                    (top, 28.0),
                    (top + 120.0, 62.0),
                    (top + 270.0, 140.0),
                    (top + 390.0, 168.0),
                    (top + 490.0, 120.0),
                    (top + 530.0, 0.0),
                ],
            );
            glass(canvas, &tear, finish, (500.0, top + 370.0));
            cap(canvas, top, 30.0);
        }
        "Halo" => {
            let y = 560.0 + drop;
            for x in [-230.0, 0.0, 230.0] {
                let end = y - if x == 0.0 { 74.0 } else { 30.0 };
                canvas.line(&Shape::line(&[(500.0, 120.0), (500.0 + x, end)]), 3.0, IRON.tint.alpha(0.9));
            }
            cord(canvas, 124.0);
            canvas.turned(500.0, &[(104.0, 14.0), (104.0, 14.0), (132.0, 34.0), (132.0, 34.0)], BRASS);
            canvas.glow((500.0, y), 460.0, WARM, 0.42);
            let ring = Shape::ellipse(500.0, y, 282.0, 78.0);
            let glow = if finish.tint.luma() > 0.7 { HOT } else { WARM.mix(finish.tint, 0.4) };
            canvas.line(&ring, 58.0, finish.tint.mix(WARM, 0.35).shaded(0.28).solid());
            canvas.line(&ring.clone().moved(0.0, -4.0), 46.0, glow.mix(WARM, 0.35).solid());
            canvas.line(&ring.moved(0.0, -7.0), 24.0, HOT.alpha(0.9));
            canvas.line(&Shape::ellipse(500.0, y - 32.0, 282.0, 78.0), 5.0, BRASS.tint.alpha(0.9));
        }
        _ => {
            let y = 530.0 + drop;
            cord(canvas, y - 190.0);
            glass(canvas, &Shape::circle(500.0, y, 205.0), finish, (500.0, y + 10.0));
            cap(canvas, y - 200.0, 52.0);
        }
    }
}

/// Light that a lamp throws on the wall, upwards or downwards.
fn wash(canvas: &mut Canvas, (x, y): At, half: f32, long: f32) {
    let degrees = if long < 0.0 { 180.0 } else { 0.0 };
    beam(canvas, (x, y), half, long.abs(), degrees);
    canvas.glow((x, y), long.abs() * 0.9, WARM, 0.34);
}

pub(crate) fn wall_light(canvas: &mut Canvas, model: &str, finish: Finish) {
    backdrop(canvas, Place::Evening, None, finish.tint);
    let tint = finish.tint;
    let body = |canvas: &mut Canvas, shape: &Shape| {
        canvas.shadow(shape, (26.0, 34.0), 26.0, 0.5);
        canvas.round(shape, finish);
    };
    let lift = canvas.between(-22.0, 22.0);
    match model {
        "Dash" => {
            let y = 500.0 + lift;
            wash(canvas, (500.0, y - 20.0), 250.0, -340.0);
            wash(canvas, (500.0, y + 20.0), 250.0, 340.0);
            let bar = Shape::rounded(200.0, y - 44.0, 600.0, 88.0, 44.0);
            canvas.shadow(&bar, (22.0, 30.0), 24.0, 0.5);
            let stops = [
                (0.0, HOT.solid()),
                (0.10, tint.lit(0.25).solid()),
                (0.5, tint.solid()),
                (0.9, tint.shaded(0.3).solid()),
                (1.0, HOT.solid()),
            ];
            canvas.fill(&bar, Fill::down(y - 44.0, y + 44.0, &stops));
        }
        "Half Moon" => {
            let y = 470.0 + lift;
            wash(canvas, (500.0, y), 210.0, -420.0);
            let moon = Shape::blob(&[
                (270.0, y),
                (270.0, y),
                (306.0, y + 130.0),
                (400.0, y + 214.0),
                (500.0, y + 236.0),
                (600.0, y + 214.0),
                (694.0, y + 130.0),
                (730.0, y),
                (730.0, y),
            ]);
            body(canvas, &moon);
            let stops = [(0.0, HOT.solid()), (0.6, WARM.lit(0.3).solid()), (1.0, WARM.solid())];
            canvas
                .fill(&Shape::ellipse(500.0, y, 230.0, 20.0), Fill::Round((500.0, y), 230.0, stops.to_vec()));
            canvas.glow((500.0, y - 6.0), 260.0, WARM, 0.55);
        }
        "Ledge" => {
            let y = 470.0 + lift;
            wash(canvas, (500.0, y + 44.0), 250.0, 420.0);
            canvas.turned(
                610.0,
                &[
                    (y - 170.0, 20.0),
                    (y - 160.0, 16.0),
                    (y - 120.0, 22.0),
                    (y - 60.0, 54.0),
                    (y - 2.0, 34.0),
                    (y - 2.0, 34.0),
                ],
                Finish::named("sea glaze"),
            );
            for (x, high, colour) in
                [(330.0, 130.0, 0xb8_6f50), (366.0, 150.0, 0xd9_c9a5), (398.0, 116.0, 0x51_6b63)]
            {
                canvas.round(&Shape::rect(x, y - high, 30.0, high), Finish::new(colour, Stuff::Plain));
            }
            let top = Shape::rect(220.0, y, 560.0, 26.0);
            body(canvas, &top);
            body(canvas, &Shape::rect(236.0, y + 26.0, 528.0, 22.0));
            canvas.fill(&Shape::rect(250.0, y + 46.0, 500.0, 9.0), HOT.solid());
            canvas.glow((500.0, y + 60.0), 330.0, WARM, 0.40);
        }
        "Pivot" => {
            let y = 430.0 + lift;
            wash(canvas, (600.0, y + 130.0), 110.0, 440.0);
            body(canvas, &Shape::rounded(250.0, y - 90.0, 76.0, 230.0, 38.0));
            canvas.shadow(&Shape::rect(288.0, y - 10.0, 300.0, 16.0), (26.0, 34.0), 20.0, 0.5);
            canvas.tube(&Shape::line(&[(290.0, y), (596.0, y)]), 20.0, finish);
            canvas.fill(&Shape::circle(600.0, y, 26.0), tint.shaded(0.3).solid());
            let head = Shape::turned(
                600.0,
                &[
                    (y - 30.0, 30.0),
                    (y - 20.0, 60.0),
                    (y + 60.0, 104.0),
                    (y + 130.0, 128.0),
                    (y + 130.0, 128.0),
                ],
            );
            body(canvas, &head);
            canvas.fill(&Shape::ellipse(600.0, y + 130.0, 124.0, 20.0), HOT.solid());
            canvas.glow((600.0, y + 140.0), 260.0, WARM, 0.6);
        }
        _ => {
            let top = 200.0 + lift;
            canvas.glow((500.0, 500.0), 520.0, WARM, 0.55);
            let strip = Shape::rounded(446.0, top, 108.0, 600.0, 20.0);
            body(canvas, &strip);
            let tube = Shape::rounded(476.0, top + 26.0, 48.0, 548.0, 24.0);
            canvas.fill(
                &tube,
                Fill::across(476.0, 524.0, &[(0.0, WARM.solid()), (0.5, HOT.solid()), (1.0, WARM.solid())]),
            );
            for x in [410.0, 590.0] {
                canvas.glow((x, 500.0), 330.0, WARM, 0.24);
            }
        }
    }
}
