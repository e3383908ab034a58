"""Pieces that several plots share: openings, searching, thanking, endings."""

from . import words as w


def opening(s, a, thing=None):
    """Introduces the hero, in one of many ways; tells of the thing that they have."""
    home = s.pick(w.HOMES["kid" if a.kind == "kid" else "animal"])
    kind = s.pick(5 * ["once"] + 4 * ["plain"] + 2 * ["weather"] + 2 * ["name"] + ["home"] + 2 * ["direct"])
    if a.kind == "animal" and not a.name and kind == "name":
        kind = "plain"
    if kind == "direct":
        _direct(s, a, thing)
        return
    if kind == "once":
        s.say("Once upon a time, there was {A:intro}.", "Once there was {A:intro}.", "Once upon a time, {A:intro} lived in {home}.",
              "There once was {A:intro}.", "A long time ago, there was {A:intro}.", A=a, home=home)
    elif kind == "plain":
        s.say("One day, {A:intro} woke up early.", "{A:intro} lived in {home}.", "One morning, {A:intro} looked out of the window.",
              "Every day, {A:intro} liked to play outside.", "This is a story about {A:intro}.", "One day, {A:intro} went for a walk.", A=a, home=home)
    elif kind == "weather":
        s.say(s.pick(w.WEATHER))
        s.say("{A:intro} was very {feel}.", "{A:intro} wanted to play.", "{A:intro} went outside.", A=a, feel=s.pick(w.FEEL_GOOD))
    elif kind == "name":
        a.introduced = True
        s.say("{A:only} was {intro}.", A=a, intro=_describe(a)) if s.chance(0.5) else s.say("{A:only} liked to play outside.", "{A:only} was very {feel} today.", "{A:only} lived in {home}.", A=a, home=home, feel=s.pick(w.FEEL_GOOD))
        s.mention(a)
        s.near, s.focus = [a], a
    else:
        s.say("In {home}, there lived {A:intro}.", A=a, home=home)
    if thing is not None:
        s.say("{A} had {t:a}.", "{A} had {t:a} and loved it very much.", "{A} got {t:a} for {A:his} birthday.", "{A} loved {A:his} {t:bare}.",
              "{A:his} favorite thing was {t:a}.", "One day, {A:name} got {t:a}.", A=a, t=thing)
    if s.chance(0.25):
        s.say(s.pick(w.WEATHER))


def _direct(s, a, thing):
    """Begins in the middle: "Tom had a red ball." or "The little fox was hungry.\""""
    a.introduced = True
    if a.kind == "animal" and s.chance(0.7):
        s.say("The {d} {k} {x}", d=a.adj, k=a.animal, x=s.pick(["was " + s.pick(w.FEEL_GOOD) + ".", "woke up early.", "liked to play.", "looked at the sky.", "wanted to go out."]))
        if a.name and s.chance(0.7):
            s.say("{he} name was {n}.", he="his" if a.male else "her", n=a.name)
        s.near, s.focus = [a], a
    elif thing is None:
        s.say("{A:only} {x}", A=a, x=s.pick(["was at home.", "was bored.", "woke up and smiled.", "went outside.", "lived with a big family.", "wanted to play."]))
        s.near, s.focus = [a], a
    if thing is not None:
        s.say("{A:name} had {t:a}.", "{A:name} loved {t:a}.", "{A:name} got {t:a} today.", A=a, t=thing)


def _describe(a):
    if a.kind == "animal":
        return "a " + a.adj + " " + a.animal if a.adj[0] not in "aeiou" else "an " + a.adj + " " + a.animal
    return "a " + a.adj + " " + ("boy" if a.male else "girl")


def go(s, a, place):
    s.say("{A} went to the {p}.", "{A} walked to the {p}.", "One day, {A:name} went to the {p} to play.", "{A} ran to the {p}.", A=a, p=place)


def meet(s, a, b, doing=""):
    """a comes upon b."""
    d = (" " + doing) if doing else ""
    s.say("There {A:he} met {B:intro}{d}.", "On the way, {A:name} saw {B:intro}{d}.", "Then {A:name} met {B:intro}{d}.", "Soon {A:name} saw {B:intro}{d}.", A=a, B=b, d=d)


def hello(s, a, b):
    if s.chance(0.4):
        s.say('"Hello," said {A:name}. "I am {A:only}."', '"Hi! Do you want to play with me?" asked {A:name}.', '"Hello! What are you doing?" asked {A:name}.', A=a) if a.name else s.say('"Hello! What are you doing?" asked {A:name}.', A=a)


def ask_help(s, a, b, what):
    s.say('"Can you help me {what}?" asked {A:name}.', '"Please help me {what}," said {A:name}.', A=a, what=what)
    s.say('"Of course I will help you," said {B:name}.', '"Yes, I can help," said {B:name}.', '"Do not worry. We can do it together," said {B:name}.', '{B:name} nodded and smiled.', B=b)


def thank(s, a, b):
    s.say('"Thank you, {B:only}!" said {A:name}.', '"Thank you so much!" {A:name} said.', '{A:name} gave {B:name} a big hug.', '{A:name} thanked {B:name}.', A=a, B=b)
    if s.chance(0.4):
        s.say('"You are welcome," said {B:name}.', '{B:name} smiled.', '"That is what friends are for," said {B:name}.', B=b)


def sad(s, a):
    s.say("{A} was very {f}.", "{A} felt {f}.", "{A} began to cry.", "{A} sat down and was {f}.", A=a, f=s.pick(w.FEEL_BAD))


def glad(s, a):
    s.say("{A} was so {f}!", "{A} jumped up and down.", "{A} was very {f}.", "{A} laughed and clapped.", "{A} felt {f} again.", A=a, f=s.pick(w.FEEL_GOOD))


def ending(s, a, moral=None):
    if moral and s.chance(0.65):
        s.say(*w.MORALS[moral], A=a)
        if s.chance(0.4):
            s.say(*w.ENDINGS, A=a)
    else:
        s.say(*w.ENDINGS, A=a)


def search(s, a, t, place, helper=None):
    """Looks in two wrong spots and then in the right one."""
    spots = list(w.PLACES[place][1])
    s.r.shuffle(spots)
    who = "They" if helper else None
    for spot in spots[: s.pick([1, 1, 2])]:
        if who:
            s.say("They looked {spot}, but {t} was not there.", "First they looked {spot}. No {noun}.", A=a, spot=spot, t=t, noun=t.noun)
        else:
            s.say("{A} looked {spot}, but {t} was not there.", "{A} looked {spot}. No {noun}.", A=a, spot=spot, t=t, noun=t.noun)
    last = spots[-1]
    if helper and s.chance(0.6):
        s.say("Then {B:name} looked {spot}. There was {t}!", '"Look! {t} is {spot}!" said {B:name}.', "At last, {B:name} found {t} {spot}.", B=helper, spot=last, t=t)
    else:
        s.say("Then {A:name} looked {spot}. There was {t}!", "At last, {A:name} found {t} {spot}.", "Then {A:name} saw something {c} {spot}. It was {t}!", A=a, spot=last, t=t, c=t.adj if t.adj in w.COLORS + ["shiny"] else "small")
