//! Blankets.

use super::canvas::{Canvas, Fill};
use super::cloths::{cloth, fringe, pile, stripes};
use super::colour::{CREAM, Finish, INK, OAK, Stuff, Tint};
use super::scene::{Place, backdrop, stands};
use super::shape::{At, Shape};

pub(crate) fn blanket(canvas: &mut Canvas, model: &str, finish: Finish) {
    let tint = finish.tint;
    let (pale, deep) = (tint.lit(0.62), tint.shaded(0.42));
    let sway = canvas.between(-12.0, 12.0);
    backdrop(canvas, Place::Garden, Some(680.0), tint);
    match model {
        "Alpine" => {
            bench(canvas, 770.0);
            pile(canvas, (500.0, 752.0), (250.0, 96.0), 3, tint, &[pale, deep, pale]);
            let top = Shape::rounded(262.0, 464.0 - 96.0, 476.0, 94.0, 44.0);
            cloth(canvas, &top, tint, &[]);
            canvas.inside(&top, |canvas| {
                for step in 0..9_u8 {
                    let x = 300.0 + 52.0 * f32::from(step) + sway;
                    let star =
                        Shape::polygon(&[(x, 386.0), (x + 20.0, 414.0), (x, 442.0), (x - 20.0, 414.0)]);
                    canvas.fill(&star, pale.alpha(0.9));
                }
                stripes(canvas, &top, &[(374.0, 6.0, deep), (448.0, 6.0, deep)]);
            });
        }
        "Beach" => {
            let roll = |canvas: &mut Canvas, y: f32, x: f32, tint: Tint| {
                stands(canvas, x, y + 74.0, 290.0);
                let body = Shape::rounded(x - 290.0, y - 78.0, 560.0, 156.0, 70.0);
                canvas.fill(
                    &body,
                    Fill::down(
                        y - 78.0,
                        y + 78.0,
                        &[
                            (0.0, tint.lit(0.3).solid()),
                            (0.4, tint.solid()),
                            (1.0, tint.shaded(0.45).solid()),
                        ],
                    ),
                );
                canvas.weave(&body, tint);
                canvas.inside(&body, |canvas| {
                    for step in 0..7_u8 {
                        let at = x - 250.0 + 76.0 * f32::from(step);
                        canvas.fill(&Shape::rect(at, y - 80.0, 30.0, 160.0), pale.alpha(0.6));
                    }
                    let shade = [(0.0, INK.alpha(0.0)), (1.0, INK.alpha(0.34))];
                    canvas.fill(&body, Fill::down(y, y + 80.0, &shade));
                });
                for (size, part) in [(76.0, 0.1), (60.0, 0.3), (44.0, 0.12), (28.0, 0.34), (12.0, 0.2)] {
                    canvas.fill(&Shape::ellipse(x + 252.0, y, size * 0.62, size), tint.lit(part).solid());
                    canvas.line(
                        &Shape::ellipse(x + 252.0, y, size * 0.62, size),
                        2.0,
                        tint.shaded(0.4).alpha(0.6),
                    );
                }
                for at in [-150.0, 130.0] {
                    canvas.line(
                        &Shape::curve(&[(x + at, y - 80.0), (x + at + 18.0, y), (x + at, y + 80.0)]),
                        17.0,
                        Tint::hex(0x8a_5a3a).solid(),
                    );
                }
            };
            roll(canvas, 770.0, 500.0, tint);
            roll(canvas, 622.0, 510.0 + sway, tint.lit(0.15));
        }
        "Camp" => {
            bench(canvas, 740.0);
            let drape = Shape::blob(&[
                (310.0, 700.0),
                (310.0, 700.0),
                (500.0, 690.0),
                (690.0, 700.0),
                (690.0, 700.0),
                (700.0, 800.0),
                (692.0 + sway, 912.0),
                (692.0 + sway, 912.0),
                (500.0, 920.0),
                (312.0 + sway, 912.0),
                (312.0 + sway, 912.0),
                (304.0, 800.0),
            ]);
            pile(canvas, (500.0, 712.0), (190.0, 80.0), 2, tint, &[]);
            cloth(
                canvas,
                &drape,
                tint,
                &[((430.0, 700.0), (420.0, 920.0)), ((580.0, 700.0), (596.0, 920.0))],
            );
            let (red, gold) = (Tint::hex(0xb6_5238), Tint::hex(0xd9_a548));
            stripes(
                canvas,
                &drape,
                &[(752.0, 26.0, deep), (782.0, 26.0, gold), (812.0, 26.0, red), (842.0, 26.0, pale)],
            );
            fringe(canvas, (316.0 + sway, 690.0 + sway), 914.0, 34.0, tint);
            mug(canvas, (500.0, 552.0));
        }
        "Hammock" => {
            for x in [110.0, 890.0] {
                canvas.shadow(&Shape::rect(x - 10.0, 240.0, 40.0, 580.0), (40.0, 6.0), 20.0, 0.25);
                canvas.round(&Shape::rect(x - 26.0, 120.0, 52.0, 720.0), Finish::named("teak"));
            }
            canvas.shadow(&Shape::ellipse(520.0, 850.0, 330.0, 30.0), (0.0, 0.0), 26.0, 0.4);
            for (x, to) in [(110.0, 232.0), (890.0, 768.0)] {
                for y in [-18.0, 0.0, 18.0] {
                    canvas.line(
                        &Shape::line(&[(x, 330.0), (to, 430.0 + y * 1.6)]),
                        5.0,
                        CREAM.shaded(0.15).solid(),
                    );
                }
            }
            let bed = Shape::blob(&[
                (226.0, 396.0),
                (226.0, 396.0),
                (350.0, 520.0),
                (500.0, 570.0 + sway),
                (650.0, 520.0),
                (774.0, 396.0),
                (774.0, 396.0),
                (776.0, 470.0),
                (680.0, 660.0),
                (500.0, 730.0 + sway),
                (320.0, 660.0),
                (224.0, 470.0),
            ]);
            cloth(canvas, &bed, CREAM, &[((360.0, 500.0), (420.0, 760.0)), ((640.0, 500.0), (580.0, 760.0))]);
            let throw = Shape::blob(&[
                (390.0, 536.0),
                (390.0, 536.0),
                (500.0, 562.0 + sway),
                (640.0, 520.0),
                (640.0, 520.0),
                (650.0, 660.0),
                (636.0, 792.0),
                (636.0, 792.0),
                (520.0, 804.0),
                (404.0, 792.0),
                (404.0, 792.0),
                (400.0, 660.0),
            ]);
            canvas.shadow(&throw, (8.0, 10.0), 14.0, 0.35);
            cloth(
                canvas,
                &throw,
                tint,
                &[((470.0, 550.0), (460.0, 800.0)), ((560.0, 550.0), (572.0, 800.0))],
            );
            stripes(canvas, &throw, &[(690.0, 12.0, pale), (712.0, 30.0, deep), (752.0, 12.0, pale)]);
            fringe(canvas, (408.0, 634.0), 796.0, 36.0, tint);
        }
        _ => {
            let spread = Shape::polygon(&[(250.0, 690.0), (800.0, 690.0), (960.0, 920.0), (60.0, 920.0)]);
            canvas.shadow(&spread, (10.0, 12.0), 18.0, 0.4);
            cloth(canvas, &spread, tint, &[]);
            canvas.inside(&spread, |canvas| {
                for step in 0..8_u8 {
                    let (from, to) = (250.0 + 68.75 * f32::from(step), 60.0 + 112.5 * f32::from(step));
                    canvas.fill(
                        &Shape::polygon(&[
                            (from, 690.0),
                            (from + 34.0, 690.0),
                            (to + 56.0, 920.0),
                            (to, 920.0),
                        ]),
                        pale.alpha(0.42),
                    );
                }
                for (y, high) in [(690.0, 20.0), (735.0, 26.0), (792.0, 34.0), (862.0, 40.0)] {
                    canvas.fill(&Shape::rect(0.0, y, 1000.0, high), pale.alpha(0.42));
                }
            });
            fringe(canvas, (64.0, 958.0), 920.0, 30.0, tint);
            basket(canvas, (480.0 + sway, 800.0));
            mug(canvas, (720.0, 830.0));
        }
    }
}

fn bench(canvas: &mut Canvas, y: f32) {
    for x in [210.0, 770.0] {
        canvas.round(&Shape::rect(x, y, 44.0, 140.0), OAK);
        stands(canvas, x + 22.0, y + 140.0, 40.0);
    }
    let seat = Shape::rect(130.0, y - 18.0, 740.0, 40.0);
    canvas.fill(
        &seat,
        Fill::down(
            y - 18.0,
            y + 22.0,
            &[(0.0, OAK.tint.lit(0.3).solid()), (0.3, OAK.tint.solid()), (1.0, OAK.tint.shaded(0.4).solid())],
        ),
    );
    canvas.grain(&seat, OAK.tint, false);
}

/// An enamel mug.
fn mug(canvas: &mut Canvas, (x, foot): At) {
    let enamel = Finish::new(0xf2_ede0, Stuff::Glaze);
    canvas.shadow(&Shape::ellipse(x + 26.0, foot, 62.0, 12.0), (0.0, 0.0), 9.0, 0.4);
    canvas.tube(
        &Shape::curve(&[
            (x + 44.0, foot - 78.0),
            (x + 82.0, foot - 74.0),
            (x + 84.0, foot - 30.0),
            (x + 44.0, foot - 22.0),
        ]),
        12.0,
        enamel,
    );
    canvas.turned(
        x,
        &[(foot - 96.0, 50.0), (foot - 96.0, 50.0), (foot - 8.0, 48.0), (foot, 42.0), (foot, 42.0)],
        enamel,
    );
    canvas.fill(&Shape::ellipse(x, foot - 96.0, 50.0, 10.0), Tint::hex(0x3a_4c62).solid());
    canvas.fill(&Shape::ellipse(x, foot - 94.0, 45.0, 8.0), Tint::hex(0x4a_2c1c).solid());
}

fn basket(canvas: &mut Canvas, (x, foot): At) {
    let willow = Finish::new(0xb5_8350, Stuff::Plain);
    stands(canvas, x, foot, 150.0);
    canvas.tube(
        &Shape::curve(&[
            (x - 150.0, foot - 150.0),
            (x - 120.0, foot - 270.0),
            (x, foot - 320.0),
            (x + 120.0, foot - 270.0),
            (x + 150.0, foot - 150.0),
        ]),
        17.0,
        willow,
    );
    let body = canvas.turned(
        x,
        &[(foot - 156.0, 162.0), (foot - 156.0, 162.0), (foot - 60.0, 150.0), (foot, 128.0), (foot, 128.0)],
        willow,
    );
    canvas.inside(&body, |canvas| {
        for row in 0..7_u8 {
            for column in 0..14_u8 {
                let at = (
                    x - 160.0 + 24.0 * f32::from(column) + if row % 2 == 0 { 12.0 } else { 0.0 },
                    foot - 140.0 + 22.0 * f32::from(row),
                );
                canvas.line(
                    &Shape::curve(&[
                        (at.0 - 12.0, at.1 + 6.0),
                        (at.0, at.1 - 3.0),
                        (at.0 + 12.0, at.1 + 6.0),
                    ]),
                    5.0,
                    willow.tint.shaded(0.45).alpha(0.42),
                );
                canvas.line(
                    &Shape::curve(&[
                        (at.0 - 10.0, at.1 + 2.0),
                        (at.0, at.1 - 6.0),
                        (at.0 + 10.0, at.1 + 2.0),
                    ]),
                    3.0,
                    willow.tint.lit(0.4).alpha(0.5),
                );
            }
        }
    });
    canvas.tube(
        &Shape::curve(&[(x - 164.0, foot - 156.0), (x, foot - 142.0), (x + 164.0, foot - 156.0)]),
        17.0,
        willow,
    );
}
