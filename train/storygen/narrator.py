"""Characters, things and the narrator that refers to them.

In a sentence, {A} is a smart reference (name, "the fox", or a pronoun when it is
clear who is meant), {A:name} never a pronoun, {A:he} {A:him} {A:his} {A:self}
always a pronoun, {A:intro} a full introduction. A thing is {t} (short: "the ball"),
{t:a} ("a red ball"), {t:full} ("the red ball"), {t:bare} ("red ball").
"""

import random
import re

from . import words as w


def article(noun):
    return ("an " if noun[0].lower() in "aeiou" else "a ") + noun


class Thing:
    def __init__(self, noun, adj=""):
        self.noun, self.adj = noun, adj

    def __format__(self, spec):
        bare = (self.adj + " " + self.noun).strip()
        return {"": "the " + self.noun, "a": article(bare), "full": "the " + bare, "bare": bare, "noun": self.noun, "it": "it"}[spec]


class Character:
    def __init__(self, story, name, male, kind, adj="", animal=""):
        self.story, self.name, self.male, self.kind, self.adj, self.animal = story, name, male, kind, adj, animal
        self.introduced = False

    def label(self):
        """Name or, for an animal, sometimes its kind."""
        self.introduced = True
        if not self.name:
            return "the " + self.animal
        if self.animal and self.story.r.random() < 0.3:
            return "the " + self.animal
        return self.name

    def intro(self):
        self.introduced = True
        if self.kind == "adult":
            return self.name
        if self.animal:
            base = article((self.adj + " " + self.animal).strip())
            return base + " named " + self.name if self.name else base
        return article((self.adj + " " + ("boy" if self.male else "girl")).strip()) + " named " + self.name

    def __format__(self, spec):
        m = self.male
        pron = {"he": ("he", "she"), "him": ("him", "her"), "his": ("his", "her"), "self": ("himself", "herself")}
        if spec in pron:
            return pron[spec][0 if m else 1]
        st = self.story
        if spec == "intro":
            st.mention(self)
            return self.intro()
        if spec == "name":
            st.mention(self)
            return self.label()
        if spec == "only":  # the proper name, as one calls somebody
            return self.name or self.animal
        # smart: a pronoun if the last sentence was about this one and nobody else of the kind is near
        clear = st.focus is self and self.introduced and all(c is self or c.male != m for c in st.near)
        st.mention(self)
        if clear and st.r.random() < 0.6:
            return "he" if m else "she"
        return self.label()


class Story:
    """One story: collects sentences and keeps track of who was spoken of."""

    def __init__(self, seed):
        self.r = random.Random(seed)
        self.out, self.near, self.focus = [], [], None
        self.now, self.used, self.first = [], set(), None

    def mention(self, c):
        if c not in self.now:
            self.now.append(c)
        if self.first is None:
            self.first = c

    def pick(self, xs):
        return self.r.choice(list(xs))

    def chance(self, p):
        return self.r.random() < p

    def say(self, *options, **slots):
        """Adds one of the sentences."""
        template = self.r.choice(options)
        self.now, self.first = [], None
        text = template.format(**slots)
        # A capital at the start, and where a sentence follows another inside the template.
        self.out.append(re.sub(r'(^"?|[.!?] "?)([a-z])', lambda m: m[1] + m[2].upper(), text))
        if self.now:
            self.near, self.focus = self.now, self.first
        return self

    def kid(self, **kw):
        male = self.chance(0.5)
        name = self.fresh(w.BOYS if male else w.GIRLS)
        return Character(self, name, male, "kid", self.pick(["little", "young", "small", "kind", "happy", "brave", "curious"]))

    def animal(self, named=None, exclude=()):
        kind = self.fresh([a for a in w.ANIMALS if a not in exclude])
        male = self.chance(0.5)
        named = self.chance(0.6) if named is None else named
        name = self.fresh(w.PETNAMES_M if male else w.PETNAMES_F) if named else ""
        return Character(self, name, male, "animal", self.pick(w.ANIMALS[kind][0].split()), kind)

    def hero(self):
        return self.kid() if self.chance(0.55) else self.animal()

    def friend(self, a):
        """Somebody for a to meet: an animal for an animal, anybody for a child."""
        if a.kind == "animal":
            return self.animal()
        return self.kid() if self.chance(0.6) else self.animal()

    def adult(self, a):
        name, male = self.pick([("Mom", False), ("Dad", True), ("Grandma", False), ("Grandpa", True)])
        c = Character(self, name, male, "adult")
        if a.kind == "animal":
            c.name = self.pick(["Mother " + a.animal.capitalize(), "Father " + a.animal.capitalize()])
            c.male = c.name.startswith("F")
        return c

    def fresh(self, xs):
        x = self.r.choice([x for x in xs if x not in self.used] or list(xs))
        self.used.add(x)
        return x

    def thing(self, nouns, colored=True):
        adj = self.pick(w.COLORS + ["new", "shiny", "little", "big", "old", "pretty"]) if colored else self.pick(["big", "fresh", "sweet", "little", "shiny", "yummy"])
        return Thing(self.fresh(nouns), adj)

    def text(self):
        return " ".join(self.out)
