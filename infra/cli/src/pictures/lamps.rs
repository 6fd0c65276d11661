//! Lamps that stand: on desks and on floors.

use super::canvas::{Canvas, Fill};
use super::colour::{Finish, Stuff, Tint};
use super::scene::{Place, backdrop, stands};
use super::shape::{At, Shape};

/// The light of a lamp.
pub(crate) const WARM: Tint = Tint::hex(0xff_c477);
/// The light where it is brightest.
pub(crate) const HOT: Tint = Tint::hex(0xff_f4dc);
/// Joints, feet and cords.
pub(crate) const IRON: Finish = Finish::new(0x2a_2a2e, Stuff::Plain);

/// A beam that leaves a lamp downwards and widens, turned by some degrees.
pub(crate) fn beam(canvas: &mut Canvas, (x, y): At, half: f32, long: f32, degrees: f32) {
    for (spread, strength) in [(0.46, 0.34), (0.24, 0.22)] {
        let wide = half + long * spread;
        let cone = [(x - half, y), (x + half, y), (x + wide, y + long), (x - wide, y + long)];
        let cone = Shape::polygon(&cone).turn(degrees, (x, y));
        let parts = [(0.0, 1.0), (0.3, 0.62), (0.65, 0.22), (1.0, 0.0)];
        let stops = parts.map(|(place, part)| (place, WARM.alpha(part * strength)));
        canvas.light(&cone, half * 0.22 + 14.0, Fill::Round((x, y), long * 1.05, stops.to_vec()));
    }
}

/// The light that a lamp throws on what is below it.
pub(crate) fn pool(canvas: &mut Canvas, x: f32, y: f32, wide: f32) {
    let stops = [(0.0, 0.62), (0.3, 0.42), (0.65, 0.14), (1.0, 0.0)];
    let stops = stops.map(|(place, part)| (place, WARM.alpha(part))).to_vec();
    let high = wide * 0.20;
    canvas.shine(&Shape::ellipse(x, y, wide, high), Fill::Oval((x, y), wide, high, stops));
}

/// The shade of a lamp: its half widths from its top down to its mouth, turned by some degrees.
fn shade(canvas: &mut Canvas, top: At, profile: &[(f32, f32)], degrees: f32, finish: Finish) {
    let Some(&(mouth, half)) = profile.last() else { return };
    let at = |(down, half): &(f32, f32)| (top.1 + down, *half);
    let outline: Vec<_> = profile.iter().map(at).collect();
    canvas.glow((top.0, top.1 + mouth), 300.0, WARM, 0.30);
    let opening = Shape::ellipse(top.0, top.1 + mouth, half, half * 0.24).turn(degrees, top);
    canvas.round(&Shape::turned(top.0, &outline).turn(degrees, top), finish);
    canvas.fill(&opening, finish.tint.shaded(0.5).solid());
    let inner = Shape::ellipse(top.0, top.1 + mouth, half * 0.93, half * 0.20).turn(degrees, top);
    let (left, up, right, down) = inner.bounds();
    let centre = (left.midpoint(right), up.midpoint(down));
    let stops = [(0.0, HOT.solid()), (0.5, HOT.mix(WARM, 0.4).solid()), (1.0, WARM.solid())];
    canvas.fill(&inner, Fill::Round(centre, half, stops.to_vec()));
    canvas.glow(centre, half * 1.9, WARM, 0.45);
}

/// A shade of fabric or paper that is lit from within.
pub(crate) fn lantern(canvas: &mut Canvas, shape: &Shape, tint: Tint) {
    let (left, top, right, bottom) = shape.bounds();
    let centre = (left.midpoint(right), top + (bottom - top) * 0.6);
    let wide = (right - left).max(bottom - top);
    canvas.glow(centre, wide * 1.5, WARM, 0.55);
    let stops = [
        (0.0, HOT.solid()),
        (0.35, tint.mix(WARM, 0.35).lit(0.45).solid()),
        (0.8, tint.mix(WARM, 0.55).solid()),
        (1.0, tint.mix(WARM, 0.5).shaded(0.22).solid()),
    ];
    canvas.fill(shape, Fill::Round(centre, wide * 0.72, stops.to_vec()));
    let across =
        [(0.0, tint.shaded(0.6).alpha(0.22)), (0.3, tint.alpha(0.0)), (1.0, tint.shaded(0.6).alpha(0.34))];
    canvas.fill(shape, Fill::across(left, right, &across));
}

/// A round foot.
fn foot(canvas: &mut Canvas, x: f32, y: f32, half: f32, finish: Finish) {
    stands(canvas, x, y, half);
    canvas.turned(
        x,
        &[(y - 16.0, half * 0.96), (y - 16.0, half * 0.96), (y, half), (y + 6.0, half * 0.7), (y + 8.0, 0.0)],
        finish,
    );
    let top = Shape::ellipse(x, y - 16.0, half * 0.97, half * 0.13);
    let tint = finish.tint;
    canvas.fill(
        &top,
        Fill::across(x - half, x + half, &[(0.0, tint.lit(0.35).solid()), (1.0, tint.shaded(0.08).solid())]),
    );
}

fn joint(canvas: &mut Canvas, (x, y): At, radius: f32, finish: Finish) {
    let stops = [
        (0.0, finish.tint.lit(0.5).solid()),
        (0.5, finish.tint.solid()),
        (1.0, finish.tint.shaded(0.5).solid()),
    ];
    let light = (x - radius * 0.35, y - radius * 0.35);
    canvas.fill(&Shape::circle(x, y, radius), Fill::Round(light, radius * 1.5, stops.to_vec()));
}

pub(crate) fn desk_lamp(canvas: &mut Canvas, model: &str, finish: Finish) {
    backdrop(canvas, Place::Evening, Some(770.0), finish.tint);
    let sway = canvas.between(-14.0, 14.0);
    match model {
        "Arc" => {
            pool(canvas, 690.0, 850.0, 300.0);
            foot(canvas, 350.0, 836.0, 120.0, finish);
            let arm = [
                (350.0, 822.0),
                (346.0, 600.0),
                (390.0, 390.0),
                (520.0, 270.0),
                (640.0, 285.0),
                (690.0 + sway, 372.0),
            ];
            canvas.tube(&Shape::curve(&arm), 17.0, finish);
            let dome = [(0.0, 14.0), (6.0, 46.0), (40.0, 108.0), (84.0, 138.0), (84.0, 138.0)];
            beam(canvas, (690.0 + sway, 450.0), 110.0, 400.0, 0.0);
            shade(canvas, (690.0 + sway, 366.0), &dome, 0.0, finish);
        }
        "Bow" => {
            pool(canvas, 660.0, 850.0, 250.0);
            foot(canvas, 430.0, 836.0, 105.0, finish);
            let arm = [(430.0, 822.0), (352.0, 690.0), (338.0, 520.0), (420.0, 370.0), (560.0, 330.0)];
            canvas.tube(&Shape::curve(&arm), 15.0, finish);
            let cone = [(0.0, 22.0), (14.0, 36.0), (120.0, 96.0 + sway * 0.4), (120.0, 96.0)];
            beam(canvas, (598.0, 430.0), 80.0, 420.0, -18.0);
            shade(canvas, (552.0, 312.0), &cone, -24.0, finish);
        }
        "Crane" => {
            pool(canvas, 730.0, 852.0, 250.0);
            foot(canvas, 370.0, 836.0, 112.0, finish);
            let (elbow, wrist) = ((300.0 + sway, 520.0), (640.0, 330.0 + sway));
            canvas.tube(&Shape::line(&[(370.0, 822.0), elbow]), 13.0, finish);
            let (beyond, weight) = ((elbow.0 - 110.0, elbow.1 + 61.0), (elbow.0 - 128.0, elbow.1 + 71.0));
            canvas.tube(&Shape::line(&[beyond, wrist]), 13.0, finish);
            joint(canvas, weight, 34.0, finish);
            joint(canvas, elbow, 19.0, IRON);
            let bell = [(0.0, 26.0), (30.0, 34.0), (48.0, 60.0), (130.0, 106.0), (130.0, 106.0)];
            beam(canvas, (wrist.0 + 50.0, wrist.1 + 108.0), 90.0, 430.0, -14.0);
            shade(canvas, (wrist.0 - 4.0, wrist.1 - 14.0), &bell, -22.0, finish);
            joint(canvas, wrist, 15.0, IRON);
        }
        "Folio" => folio(canvas, sway, finish),
        _ => {
            pool(canvas, 500.0, 850.0, 330.0);
            foot(canvas, 500.0, 838.0, 130.0, finish);
            canvas.tube(&Shape::line(&[(500.0, 822.0), (500.0, 560.0)]), 18.0, finish);
            let globe = Shape::circle(500.0, 420.0, 148.0 + sway * 0.5);
            lantern(canvas, &globe, HOT);
            canvas.line(&Shape::ellipse(500.0, 428.0, 186.0, 46.0), 15.0, finish.tint.shaded(0.25).solid());
            canvas.inside(&Shape::rect(0.0, 300.0, 1000.0, 124.0), |canvas| {
                canvas.fill(&globe, HOT.alpha(0.75));
            });
            canvas.line(
                &Shape::curve(&[(315.0, 434.0), (400.0, 470.0), (500.0, 479.0)]),
                4.0,
                finish.tint.lit(0.6).alpha(0.8),
            );
            joint(canvas, (500.0, 574.0), 24.0, finish);
        }
    }
}

/// A folded sheet whose upper part throws its light on the lower one.
fn folio(canvas: &mut Canvas, sway: f32, finish: Finish) {
    let tint = finish.tint;
    stands(canvas, 520.0, 850.0, 230.0);
    pool(canvas, 600.0, 856.0, 330.0);
    let back = Shape::polygon(&[(330.0, 330.0), (450.0, 300.0), (450.0, 806.0), (330.0, 846.0)]);
    canvas.fill(
        &back,
        Fill::across(330.0, 450.0, &[(0.0, tint.shaded(0.1).solid()), (1.0, tint.lit(0.22).solid())]),
    );
    let base = Shape::polygon(&[(330.0, 846.0), (450.0, 806.0), (740.0, 832.0), (640.0, 882.0)]);
    let lit = [(0.0, tint.mix(WARM, 0.65).lit(0.3).solid()), (1.0, tint.mix(WARM, 0.2).solid())];
    canvas.fill(&base, Fill::across(380.0, 740.0, &lit));
    canvas.fill(
        &Shape::polygon(&[(330.0, 846.0), (640.0, 882.0), (640.0, 894.0), (330.0, 858.0)]),
        tint.shaded(0.45).solid(),
    );
    let tip = 724.0 + sway;
    let roof = Shape::polygon(&[(330.0, 330.0), (450.0, 300.0), (tip, 400.0), (tip - 104.0, 446.0)]);
    canvas.fill(
        &roof,
        Fill::across(330.0, tip, &[(0.0, tint.lit(0.38).solid()), (1.0, tint.lit(0.08).solid())]),
    );
    let edge = Shape::polygon(&[(330.0, 330.0), (tip - 104.0, 446.0), (tip - 104.0, 460.0), (330.0, 345.0)]);
    canvas.fill(&edge, tint.shaded(0.4).solid());
    let strip = [(390.0, 362.0), (tip - 118.0, 455.0)];
    canvas.line(&Shape::line(&strip), 9.0, HOT.solid());
    canvas.glow((540.0, 420.0), 330.0, WARM, 0.5);
    beam(canvas, (540.0, 430.0), 110.0, 420.0, -6.0);
}

pub(crate) fn floor_lamp(canvas: &mut Canvas, model: &str, finish: Finish) {
    backdrop(canvas, Place::Evening, Some(800.0), finish.tint);
    let linen = Tint::hex(0xf3_e2c4);
    let sway = canvas.between(-12.0, 12.0);
    match model {
        "Heron" => {
            pool(canvas, 640.0, 888.0, 260.0);
            foot(canvas, 420.0, 884.0, 112.0, finish);
            let neck = [
                (420.0, 870.0),
                (430.0, 640.0),
                (402.0, 440.0),
                (400.0, 280.0),
                (462.0, 176.0),
                (570.0, 160.0),
                (622.0, 214.0),
            ];
            canvas.tube(&Shape::curve(&neck), 21.0, finish);
            let beak = [(0.0, 16.0), (20.0, 30.0), (110.0, 84.0), (110.0, 84.0)];
            beam(canvas, (642.0, 310.0), 66.0, 560.0, -6.0);
            shade(canvas, (620.0, 206.0), &beak, -14.0 + sway * 0.4, finish);
        }
        "Mast" => {
            pool(canvas, 500.0, 890.0, 300.0);
            foot(canvas, 500.0, 884.0, 118.0, finish);
            canvas.tube(&Shape::line(&[(500.0, 870.0), (500.0, 140.0)]), 20.0, finish);
            let drum = Shape::polygon(&[
                (380.0 - sway, 150.0),
                (620.0 + sway, 150.0),
                (650.0, 392.0),
                (350.0, 392.0),
            ]);
            lantern(canvas, &drum, linen);
            canvas.fill(&Shape::ellipse(500.0, 392.0, 150.0, 12.0), HOT.alpha(0.9));
            canvas.tube(&Shape::line(&[(500.0, 394.0), (500.0, 440.0)]), 20.0, finish);
        }
        "Reed" => {
            pool(canvas, 500.0, 888.0, 240.0);
            foot(canvas, 500.0, 884.0, 104.0, finish);
            let tips =
                [(292.0, 330.0), (400.0, 200.0), (508.0 + sway, 268.0), (612.0, 160.0), (704.0, 350.0)];
            for (number, tip) in tips.into_iter().enumerate() {
                let root = 468.0 + 16.0 * f32::from(u8::try_from(number).unwrap_or_default());
                let stalk = [(root, 868.0), (root + (tip.0 - 500.0) * 0.22, 640.0), tip];
                canvas.tube(&Shape::curve(&stalk), 11.0, finish);
                let bud = Shape::rounded(tip.0 - 17.0, tip.1 - 110.0, 34.0, 124.0, 17.0);
                lantern(canvas, &bud, linen);
            }
        }
        "Sail" => {
            pool(canvas, 540.0, 890.0, 280.0);
            foot(canvas, 380.0, 884.0, 108.0, finish);
            canvas.tube(&Shape::line(&[(380.0, 870.0), (380.0, 110.0)]), 19.0, finish);
            let sail = Shape::blob(&[
                (384.0, 124.0),
                (384.0, 124.0),
                (520.0, 300.0),
                (690.0 + sway, 600.0),
                (690.0 + sway, 600.0),
                (540.0, 640.0),
                (384.0, 630.0),
                (384.0, 630.0),
            ]);
            lantern(canvas, &sail, linen);
            for part in [0.3, 0.55, 0.8] {
                let seam = [
                    (386.0, 124.0 + 506.0 * part),
                    (386.0 + 210.0 * part, 140.0 + 480.0 * part),
                    (386.0 + 300.0 * part, 120.0 + 482.0 * part),
                ];
                canvas.line(&Shape::curve(&seam), 2.0, linen.shaded(0.5).alpha(0.30));
            }
            canvas.tube(
                &Shape::curve(&[(384.0, 634.0), (540.0, 646.0), (692.0 + sway, 604.0)]),
                10.0,
                finish,
            );
        }
        _ => {
            pool(canvas, 500.0, 892.0, 320.0);
            stands(canvas, 500.0, 880.0, 200.0);
            canvas.tube(&Shape::line(&[(500.0, 452.0), (540.0, 868.0)]), 20.0, finish);
            for (from, to) in [((480.0, 450.0), (300.0, 900.0)), ((520.0, 450.0), (700.0, 900.0))] {
                canvas.tube(&Shape::line(&[from, to]), 24.0, finish);
            }
            canvas.tube(&Shape::line(&[(452.0, 560.0), (548.0, 560.0)]), 9.0, IRON);
            canvas.turned(500.0, &[(426.0, 40.0), (426.0, 40.0), (462.0, 40.0), (462.0, 40.0)], IRON);
            let drum = Shape::polygon(&[
                (356.0, 190.0),
                (644.0, 190.0),
                (674.0 + sway, 424.0),
                (326.0 - sway, 424.0),
            ]);
            lantern(canvas, &drum, linen);
            canvas.fill(&Shape::ellipse(500.0, 424.0, 172.0, 13.0), HOT.alpha(0.9));
        }
    }
}
