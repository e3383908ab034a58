"""Writes little stories: story(seed) is a text, the same for the same seed."""

from . import plots, plots2
from .narrator import Story

PLOTS = [plots.lost, plots.lost, plots.share, plots.trade, plots.stuck, plots.afraid, plots.broken, plots.gift, plots.race,
         plots2.plant, plots2.visit, plots2.rescue, plots2.rain, plots2.build, plots2.newcomer, plots2.box, plots2.cook,
         plots2.bedtime, plots2.treasure, plots2.wish]


def story(seed):
    s = Story(seed)
    s.r.choice(PLOTS)(s)
    return s.text()
