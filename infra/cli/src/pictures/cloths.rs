//! Cloths.

use super::canvas::{Canvas, Fill};
use super::colour::{BRASS, CREAM, Finish, INK, OAK, Tint};
use super::scene::{Place, backdrop, stands};
use super::shape::{At, Shape};

/// A cloth in this outline, with its weave, and with folds from one point to another each.
pub(crate) fn cloth(canvas: &mut Canvas, shape: &Shape, tint: Tint, folds: &[(At, At)]) {
    let (left, top, right, bottom) = shape.bounds();
    let stops = [(0.0, tint.lit(0.16).solid()), (0.5, tint.solid()), (1.0, tint.shaded(0.14).solid())];
    canvas.fill(shape, Fill::Line((left, top), (right, bottom), stops.to_vec()));
    canvas.weave(shape, tint);
    canvas.inside(shape, |canvas| {
        for &((x0, y0), (x1, y1)) in folds {
            let wide = canvas.between(16.0, 26.0);
            let dark =
                Shape::polygon(&[(x0, y0), (x0 + wide * 0.4, y0), (x1 + wide, y1), (x1 - wide * 0.4, y1)]);
            canvas.shadow(&dark, (8.0, 0.0), 13.0, 0.34);
            canvas.light(&dark.moved(-wide, 0.0), 12.0, tint.lit(0.5).alpha(0.22));
        }
    });
    canvas.line(shape, 2.0, tint.shaded(0.3).alpha(0.5));
}

/// Threads at the lower end of a cloth.
pub(crate) fn fringe(canvas: &mut Canvas, (left, right): At, y: f32, long: f32, tint: Tint) {
    let mut threads = Vec::new();
    let mut x = left;
    while x < right {
        let (sway, length) = (canvas.between(-4.0, 4.0), long * canvas.between(0.85, 1.1));
        threads.push(vec![(x, y - 2.0), (x + sway, y + length)]);
        x += 9.0;
    }
    canvas.line(&Shape::curves(&threads).moved(4.0, 5.0), 4.5, INK.alpha(0.18));
    canvas.line(&Shape::curves(&threads), 4.0, tint.shaded(0.08).solid());
    canvas.line(&Shape::curves(&threads).moved(-1.0, 0.0), 1.2, tint.lit(0.4).alpha(0.6));
}

/// Stripes across a cloth: their heights and widths.
pub(crate) fn stripes(canvas: &mut Canvas, shape: &Shape, bands: &[(f32, f32, Tint)]) {
    let (left, _, right, _) = shape.bounds();
    canvas.inside(shape, |canvas| {
        for &(y, wide, tint) in bands {
            canvas.fill(&Shape::rect(left, y, right - left, wide), tint.alpha(0.78));
        }
    });
}

/// A pile of folded cloths: the fold is on the left, the layers are seen on the right.
pub(crate) fn pile(
    canvas: &mut Canvas,
    (x, foot): At,
    (half, high): At,
    count: u8,
    tint: Tint,
    bands: &[Tint],
) {
    stands(canvas, x, foot, half * 1.05);
    for number in 0..count {
        let shift = canvas.between(-9.0, 9.0);
        let (left, top) = (x - half + shift, foot - high * f32::from(number + 1));
        let own = if number % 2 == 0 { tint } else { tint.lit(0.12) };
        let shape = Shape::rounded(left, top, half * 2.0, high * 0.98, high * 0.46);
        let stops = [
            (0.0, own.lit(0.34).solid()),
            (0.35, own.solid()),
            (0.85, own.shaded(0.30).solid()),
            (1.0, own.shaded(0.5).solid()),
        ];
        canvas.fill(&shape, Fill::down(top, top + high, &stops));
        canvas.weave(&shape, own);
        canvas.inside(&shape, |canvas| {
            let mut at = left + half * 1.12;
            for band in bands {
                canvas.fill(&Shape::rect(at, top, half * 0.13, high), band.alpha(0.72));
                at += half * 0.22;
            }
            let dim = [(0.0, INK.alpha(0.0)), (1.0, INK.alpha(0.30))];
            canvas.fill(&shape, Fill::down(top + high * 0.3, top + high, &dim));
        });
        let fold = Shape::curve(&[
            (left + half * 2.0 - 4.0, top + high * 0.5),
            (left + half, top + high * 0.56),
            (left + high * 0.4, top + high * 0.5),
        ]);
        canvas.line(&fold, 3.0, own.shaded(0.45).alpha(0.6));
    }
}

pub(crate) fn textile(canvas: &mut Canvas, model: &str, finish: Finish) {
    let tint = finish.tint;
    let accent = if tint.luma() > 0.5 { Tint::hex(0x4a_5f86) } else { CREAM };
    let sway = canvas.between(-10.0, 10.0);
    match model {
        "Apron" => {
            backdrop(canvas, Place::Kitchen, None, tint);
            let neck = Shape::curve(&[
                (400.0, 300.0),
                (440.0, 170.0),
                (500.0, 118.0),
                (560.0, 170.0),
                (600.0, 300.0),
            ]);
            canvas.line(&neck.clone().moved(14.0, 18.0), 15.0, INK.alpha(0.16));
            canvas.line(&neck, 15.0, tint.shaded(0.2).solid());
            for (side, end) in [(-1.0, 40.0), (1.0, -20.0)] {
                let tie = Shape::curve(&[
                    (500.0 + side * 204.0, 500.0),
                    (500.0 + side * 270.0, 560.0),
                    (500.0 + side * 252.0, 680.0 + end),
                    (500.0 + side * 284.0, 800.0 + end),
                ]);
                canvas.line(&tie, 13.0, tint.shaded(0.24).solid());
            }
            let apron = Shape::blob(&[
                (395.0, 290.0),
                (395.0, 290.0),
                (500.0, 304.0),
                (605.0, 290.0),
                (605.0, 290.0),
                (630.0, 400.0),
                (712.0, 498.0),
                (712.0, 498.0),
                (724.0, 690.0),
                (716.0 + sway, 880.0),
                (716.0 + sway, 880.0),
                (500.0, 896.0),
                (288.0 + sway, 880.0),
                (288.0 + sway, 880.0),
                (278.0, 690.0),
                (288.0, 498.0),
                (288.0, 498.0),
                (370.0, 400.0),
            ]);
            canvas.shadow(&apron, (26.0, 34.0), 30.0, 0.40);
            cloth(
                canvas,
                &apron,
                tint,
                &[
                    ((430.0, 500.0), (400.0, 900.0)),
                    ((560.0, 480.0), (600.0, 900.0)),
                    ((350.0, 560.0), (330.0, 900.0)),
                ],
            );
            let pocket = Shape::rounded(396.0, 590.0, 208.0, 150.0, 16.0);
            canvas.shadow(&pocket, (4.0, 6.0), 8.0, 0.35);
            cloth(canvas, &pocket, tint.shaded(0.06), &[]);
            canvas.line(&Shape::rect(404.0, 606.0, 192.0, 1.0), 3.0, accent.alpha(0.8));
            hook(canvas, (500.0, 116.0));
        }
        "Glass" => {
            backdrop(canvas, Place::Kitchen, None, tint);
            let rail = Shape::line(&[(180.0, 250.0), (820.0, 250.0)]);
            canvas.shadow(&Shape::rect(180.0, 244.0, 640.0, 12.0), (20.0, 30.0), 14.0, 0.4);
            canvas.tube(&rail, 20.0, BRASS);
            let back = Shape::rect(350.0, 244.0, 320.0, 450.0);
            canvas.shadow(&back, (30.0, 34.0), 28.0, 0.4);
            cloth(canvas, &back, tint.shaded(0.22), &[]);
            let front = Shape::blob(&[
                (330.0, 238.0),
                (330.0, 238.0),
                (480.0, 232.0),
                (650.0, 238.0),
                (650.0, 238.0),
                (656.0, 500.0),
                (648.0 + sway, 770.0),
                (648.0 + sway, 770.0),
                (490.0, 780.0),
                (334.0 + sway, 768.0),
                (334.0 + sway, 768.0),
                (326.0, 500.0),
            ]);
            canvas.shadow(&front, (14.0, 14.0), 16.0, 0.35);
            cloth(
                canvas,
                &front,
                tint,
                &[((420.0, 250.0), (404.0, 790.0)), ((560.0, 250.0), (580.0, 790.0))],
            );
            stripes(
                canvas,
                &front,
                &[(300.0, 8.0, accent), (670.0, 14.0, accent), (696.0, 34.0, accent), (742.0, 8.0, accent)],
            );
            let check = |x: f32| Shape::rect(x, 232.0, 9.0, 560.0);
            canvas.inside(&front, |canvas| {
                for x in [356.0, 376.0, 606.0, 626.0] {
                    canvas.fill(&check(x), accent.alpha(0.6));
                }
            });
        }
        "Runner" => {
            backdrop(canvas, Place::Kitchen, None, tint);
            let wood = Shape::rect(0.0, 0.0, 1000.0, 1000.0);
            canvas.fill(
                &wood,
                Fill::Line(
                    (0.0, 0.0),
                    (1000.0, 1000.0),
                    vec![(0.0, OAK.tint.lit(0.25).solid()), (1.0, OAK.tint.shaded(0.12).solid())],
                ),
            );
            canvas.grain(&wood, OAK.tint, true);
            let runner = Shape::rect(330.0, -20.0, 340.0, 870.0);
            canvas.shadow(&runner, (14.0, 16.0), 18.0, 0.45);
            cloth(canvas, &runner, tint, &[((440.0, 0.0), (430.0, 860.0)), ((560.0, 0.0), (575.0, 860.0))]);
            for x in [356.0, 376.0, 616.0, 636.0] {
                canvas.fill(&Shape::rect(x, -20.0, 8.0, 870.0), accent.alpha(0.7));
            }
            fringe(canvas, (334.0, 668.0), 850.0, 52.0, tint);
            for (x, y, size) in [(500.0, 330.0, 118.0), (500.0, 330.0, 84.0)] {
                canvas.shadow(&Shape::circle(x, y, size), (12.0, 18.0), 18.0, 0.4);
                let stops = [(0.0, CREAM.lit(0.5).solid()), (1.0, CREAM.shaded(0.14).solid())];
                canvas.fill(
                    &Shape::circle(x, y, size),
                    Fill::Round((x - 30.0, y - 40.0), size * 1.6, stops.to_vec()),
                );
            }
        }
        "Table" => {
            backdrop(canvas, Place::Kitchen, Some(720.0), tint);
            stands(canvas, 500.0, 850.0, 300.0);
            let mut hem =
                vec![(160.0, 470.0), (160.0, 470.0), (150.0, 640.0), (128.0, 850.0), (128.0, 850.0)];
            for step in 1..12_u8 {
                let x = 128.0 + 62.0 * f32::from(step);
                hem.push((x, 850.0 + if step % 2 == 0 { -12.0 } else { 14.0 }));
            }
            hem.extend([(872.0, 850.0), (872.0, 850.0), (850.0, 640.0), (840.0, 470.0), (840.0, 470.0)]);
            let skirt = Shape::blob(&hem);
            let folds: Vec<_> = [230.0, 330.0, 450.0, 560.0, 680.0, 780.0]
                .iter()
                .map(|x| ((*x, 500.0), (x + (x - 500.0) * 0.1, 870.0)))
                .collect();
            cloth(canvas, &skirt, tint.shaded(0.10), &folds);
            canvas.inside(&skirt, |canvas| {
                canvas.fill(&Shape::rect(100.0, 806.0, 800.0, 10.0), accent.alpha(0.75));
            });
            let top = Shape::ellipse(500.0, 470.0, 342.0, 78.0);
            canvas.fill(
                &top,
                Fill::across(160.0, 840.0, &[(0.0, tint.lit(0.40).solid()), (1.0, tint.lit(0.08).solid())]),
            );
            canvas.weave(&top, tint);
            let jug = Finish::named(if tint.luma() > 0.5 { "sea glaze" } else { "sand glaze" });
            canvas.shadow(&Shape::ellipse(560.0, 462.0, 110.0, 22.0), (0.0, 0.0), 14.0, 0.4);
            canvas.turned(
                500.0,
                &[(270.0, 44.0), (300.0, 38.0), (380.0, 78.0), (440.0, 74.0), (466.0, 50.0), (466.0, 50.0)],
                jug,
            );
            for (x, y, lean) in [(440.0, 120.0, -24.0), (500.0 + sway, 90.0, 0.0), (566.0, 130.0, 24.0)] {
                canvas.line(
                    &Shape::curve(&[(500.0, 280.0), (500.0 + lean, 200.0), (x, y)]),
                    5.0,
                    Tint::hex(0x6a_8050).solid(),
                );
                for petal in [0.0, 60.0, 120.0] {
                    canvas.fill(
                        &Shape::ellipse(x, y, 11.0, 34.0).turn(petal + lean, (x, y)),
                        CREAM.mix(Tint::hex(0xe2_8f6a), 0.5).solid(),
                    );
                }
                canvas.fill(&Shape::circle(x, y, 11.0), Tint::hex(0xe3_b04b).solid());
            }
        }
        _ => {
            backdrop(canvas, Place::Kitchen, Some(640.0), tint);
            let around: Vec<_> = [accent, Tint::hex(0xc9_7a55), accent].into();
            pile(canvas, (500.0, 800.0), (250.0, 74.0), 4, tint, &around);
        }
    }
}

fn hook(canvas: &mut Canvas, (x, y): At) {
    canvas.shadow(&Shape::circle(x, y, 24.0), (10.0, 14.0), 10.0, 0.4);
    canvas.round(&Shape::circle(x, y, 24.0), BRASS);
    canvas.fill(&Shape::circle(x - 5.0, y - 6.0, 8.0), BRASS.tint.lit(0.7).alpha(0.8));
}
