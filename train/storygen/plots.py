"""Plots: each tells one little story about a hero."""

from . import words as w
from .narrator import Character
from .parts import ask_help, ending, glad, go, hello, meet, opening, sad, search, thank


def lost(s):
    a, t = s.hero(), s.thing(w.TOYS + w.SMALL)
    place = s.pick(w.PLACES)
    opening(s, a, t)
    go(s, a, place)
    s.say("{A} played with {t} all day.", "{A} took {t} along.", "{A} put {t} down and looked at the birds.", "{A} ran and jumped and sang.", A=a, t=t)
    s.say("But then {t} was gone!", "When it was time to go home, {A:name} could not find {t}.", "Then {A:name} looked around. Where was {t}?", "Oh no! {A:his} {t:noun} was lost!", A=a, t=t)
    sad(s, a)
    if s.chance(0.6):
        b = s.friend(a)
        meet(s, a, b)
        s.say('"Why are you {f}?" asked {B:name}.', '"What is wrong?" asked {B:name}.', B=b, f="sad")
        s.say('"I lost my {t:bare}," said {A:name}.', A=a, t=t)
        s.say('"Let us look for it together," said {B:name}.', '"I will help you find it," said {B:name}.', B=b)
        search(s, a, t, place, b)
        glad(s, a)
        thank(s, a, b)
        ending(s, a, s.pick(["help", "friend", "careful"]))
    else:
        search(s, a, t, place)
        glad(s, a)
        s.say("{A} held {t} tight and went home.", "{A} picked up {t} and hugged it.", A=a, t=t)
        ending(s, a, "careful")


def share(s):
    a, food = s.hero(), s.thing(w.FOODS, colored=False)
    opening(s, a, food if s.chance(0.4) else None)
    place = s.pick(["park", "garden", "forest", "hill", "meadow", "beach"])
    if not any(food.noun in x for x in s.out):
        s.say("{A} had {t:a} for lunch.", "{A} wanted to eat {t:a}.", "Mom gave {A:name} {t:a}." if a.kind == "kid" else "{A} found {t:a}.", A=a, t=food)
    s.say("{A} sat down {p} to eat {t}.", "{A} took {t} and went to the {place}.", A=a, p=w.PLACES[place][0], place=place, t=food)
    b = s.friend(a)
    meet(s, a, b, s.pick(["", "sitting all alone"]))
    s.say("{B} looked very hungry.", '"I am so hungry," said {B:name}.', "{B} had nothing to eat.", '"That looks yummy," said {B:name}.', B=b)
    if s.chance(0.4):
        s.say("{A} wanted to keep {t}. But then {A:he} looked at {B:name}.", "At first, {A:name} did not want to share.", A=a, B=b, t=food)
    s.say('"You can have half of my {t:noun}," said {A:name}.', '"Here, let us share," said {A:name}.', "{A} broke {t} in two and gave one half to {B:name}.", A=a, B=b, t=food)
    s.say("They sat together and ate.", "{B} took a bite. It was so good!", "{B} ate it and smiled a big smile.", B=b)
    thank(s, b, a)
    if s.chance(0.5):
        g = s.thing(w.SMALL)
        s.say("Then {B:name} gave {A:name} {t:a}.", '"This is for you," said {B:name} and gave {A:name} {t:a}.', A=a, B=b, t=g)
        glad(s, a)
    ending(s, a, s.pick(["share", "kind", "friend"]))


def trade(s):
    a, t = s.hero(), s.thing(w.TOYS)
    b, u = s.friend(a), None
    opening(s, a, t)
    if s.chance(0.5):
        s.say("But {A:name} was a little bored with {t}.", "{A} played with {t} every day.", A=a, t=t)
    u = s.thing(w.TOYS)
    go(s, a, s.pick(["park", "meadow", "school", "beach"]))
    meet(s, a, b)
    hello(s, a, b)
    s.say("{B} had {u:a}.", "{B} was playing with {u:a}.", B=b, u=u)
    s.say('"I like your {u:noun}," said {A:name}.', '"What a nice {u:noun}!" said {A:name}.', A=a, u=u)
    s.say('"And I like your {t:noun}," said {B:name}.', '"Your {t:noun} is nice too," said {B:name}.', B=b, t=t)
    s.say('"Do you want to trade?" asked {A:name}.', '"Let us trade for one day," said {A:name}.', A=a)
    if s.chance(0.75):
        s.say('"Yes!" said {B:name}. {A:name} gave {B:him} {t}, and {B:he} gave {A:name} {u}.', "So {A:name} gave {t} to {B:name}, and {B:name} gave {u} to {A:name}.", A=a, B=b, t=t, u=u)
        s.say("Now {A:name} had {u:a} and {B:name} had {t:a}.", "{A} played with {u}, and {B:name} played with {t}.", A=a, B=b, t=t, u=u)
        s.say("They were both very happy.", "They played until the sun went down.")
    else:
        s.say('"No, I want to keep my {u:noun}," said {B:name}. "But we can play together."', B=b, u=u)
        s.say("So they played with {t} and {u} together.", "They took turns. First they played with {t}, and then with {u}.", t=t, u=u)
    ending(s, a, s.pick(["share", "friend"]))


def stuck(s):
    a, t = s.hero(), s.thing(["ball", "kite", "hat", "balloon", "scarf"])
    opening(s, a, t)
    place = s.pick(["park", "hill", "garden", "meadow"])
    go(s, a, place)
    s.say("The wind blew and {t} flew up into a tree.", "{A} threw {t} too high. It got stuck in a tree!", "Suddenly, a strong wind took {t} and it got stuck in a tall tree.", A=a, t=t)
    s.say('"Oh no!" cried {A:name}. "My {t:noun}!"', "{A} looked up. {t} was very high.", A=a, t=t)
    s.say("{A} jumped and jumped, but {A:he} could not reach it.", "{A} tried to climb the tree, but it was too tall.", "{A} threw a stick at it, but {t} did not move.", A=a, t=t)
    b = Character(s, s.fresh(w.PETNAMES_M), True, "animal", "blue", "bird") if s.chance(0.35) else (s.adult(a) if a.kind == "kid" and s.chance(0.6) else s.friend(a))
    if b.kind == "adult":
        s.say("{A} ran to {B:name}.", "Then {B:name} came.", A=a, B=b)
    else:
        meet(s, a, b)
    ask_help(s, a, b, s.pick(["get my " + t.noun, "get it down"]))
    if b.animal in ("bird", "squirrel", "owl"):
        s.say("{B} went up to the top of the tree and pushed {t} down.", "{B} flew up and brought {t} down." if b.animal != "squirrel" else "{B} climbed up fast and got {t}.", B=b, t=t)
    elif b.kind == "adult":
        s.say("{B} got a long ladder and climbed up. Soon {B:he} had {t}.", "{B} was very tall. {B:he} reached up and took {t}.", B=b, t=t)
    else:
        s.say("{A} stood on {B:his} back and reached for {t}. Now {A:he} could get it!" if b.kind == "animal" else "{A} climbed on {B:his} shoulders and got {t}.", "They found a long stick and pushed {t} down.", A=a, B=b, t=t)
    glad(s, a)
    thank(s, a, b)
    ending(s, a, s.pick(["help", "friend"]))


def afraid(s):
    a = s.hero()
    opening(s, a)
    what = s.pick(["dark", "storm", "water", "noise"])
    b = s.adult(a) if s.chance(0.5) else s.friend(a)
    if what == "storm":
        s.say("One night, there was a big storm. The thunder was very loud.", "In the afternoon, the sky turned dark and the rain began to fall. The thunder went boom.")
        s.say("{A} was scared and hid under {A:his} blanket." if a.kind == "kid" else "{A} was scared and hid under a leaf.", A=a)
    elif what == "dark":
        s.say("{A} was afraid of the dark.", "At night, {A:name} could not sleep because it was so dark.", A=a)
        s.say('"There is something in the corner," {A:he} said.', "{A} saw a big shadow on the wall.", A=a)
    elif what == "water":
        s.say("{A} wanted to swim, but {A:he} was afraid of the water.", "All the others could swim, but {A:name} was too scared.", A=a)
    else:
        s.say("Then {A:name} heard a strange noise. Crack, crack, crack!", "Suddenly, there was a funny noise behind the door.", A=a)
        s.say("{A} wanted to run away.", '"Who is there?" asked {A:name}.', A=a)
    if b.kind == "adult":
        s.say("Then {B:name} came in.", "{A} called for {B:name}.", A=a, B=b)
    else:
        meet(s, a, b)
    s.say('"Do not be afraid," said {B:name}. "I am here with you."', '"I was scared once too," said {B:name}. "Take my hand."', '{B:name} gave {A:name} a hug. "You are safe," {B:he} said.', A=a, B=b)
    if what == "storm":
        s.say("They sang a song together until the storm was over.", "They counted the seconds after each flash. One, two, three! Soon the thunder was far away.")
        s.say("In the morning, there was a big rainbow in the sky.", "Then the sun came out again.")
    elif what == "dark":
        s.say("{B} lit a small lamp. The shadow was only a chair with a hat on it!", "{B} opened the curtain, and the moon made everything bright.", B=b)
    elif what == "water":
        s.say("First {A:name} put one foot in the water. Then {A:he} put in the other foot.", "{A} took a deep breath and went in slowly, step by step.", A=a)
        s.say("Soon {A:name} was splashing and laughing.", "After a while, {A:name} could swim all by {A:self}.", A=a)
    else:
        c = s.animal(named=False, exclude=("bear", "pony", "goat", "pig"))
        s.say("They opened the door slowly. It was only a little {k}!", "They looked together. It was just a little {k} eating nuts!", k=c.animal)
        s.say("{A} laughed. {A:he} gave it some milk.", "Everybody laughed.", A=a)
    ending(s, a, "brave")


def broken(s):
    a = s.kid()
    b = s.adult(a)
    t = s.thing(["cup", "vase", "lamp", "plate", "clock", "bowl"])
    opening(s, a)
    s.say("{A} was playing with a ball in the house.", "{A} was running and jumping in the kitchen.", "{A} wanted to look at {B:name}'s {t:bare}.", A=a, B=b, t=t)
    s.say("Crash! {t} fell on the floor and broke.", "Oh no! {A} bumped into the table and {t} fell down. It broke!", A=a, t=t)
    s.say("{A} was scared. What would {B:name} say?", "{A} hid {t} under the bed.", '"What should I do now?" thought {A:name}.', A=a, B=b, t=t)
    s.say("But {A:name} felt bad inside.", "{A} could not stop thinking about it.", A=a)
    s.say('So {A:he} went to {B:name} and said, "I broke your {t:noun}. I am sorry."', '"{B:only}, I broke {t}," said {A:name}. "I am very sorry."', A=a, B=b, t=t)
    s.say('{B} was not angry. "Thank you for telling me the truth," {B:he} said.', '"It was only a {t:noun}," said {B:name}. "I am proud that you told me."', B=b, t=t)
    s.say("They fixed {t} together with glue.", "Then they cleaned the floor together.", "{A} gave {B:name} a hug.", A=a, B=b, t=t)
    ending(s, a, "truth")


def gift(s):
    a = s.hero()
    b = s.adult(a) if s.chance(0.4) else s.friend(a)
    opening(s, a)
    if b.kind == "adult":
        s.say("It was {B:name}'s birthday.", "Soon it was {B:name}'s birthday.", B=b)
    elif b.name:
        s.say("{A} had a friend, {B:intro}. Today was {B:only}'s birthday.", A=a, B=b)
    else:
        s.say("{A} had a friend, {B:intro}. Today was the {k}'s birthday.", A=a, B=b, k=b.animal)
    s.say("{A} wanted to give {B:him} something special, but {A:he} had no money.", '"What can I give {B:him}?" thought {A:name}.', A=a, B=b)
    kind = s.pick(["flowers", "cake", "picture"])
    if kind == "flowers":
        f, c = s.pick(w.FLOWERS), s.pick(w.COLORS)
        s.say("{A} went to the meadow and found a {c} {f}.", "In the garden, {A:name} saw a beautiful {c} {f}.", A=a, c=c, f=f)
        s.say("{A} picked it and put a ribbon around it.", "{A} found two more and tied them together.", A=a)
        g = "flowers" if "two more" in s.out[-1] else f
        have = "them" if g == "flowers" else "it"
    elif kind == "cake":
        s.say("{A} got eggs, milk and flour and began to bake.", "{A} made a cake with sweet berries.", A=a)
        s.say("It was a lot of work. There was flour on {A:his} nose!", "The first cake was burned, but the second was just right.", A=a)
        g, have = "cake", "it"
    else:
        s.say("{A} took paper and paint and made a picture of the two of them.", "{A} painted a big {c} heart.", A=a, c=s.pick(w.COLORS))
        g, have = "picture", "it"
    s.say("Then {A:name} went to {B:name} and gave {B:him} the {g}.", '"Happy birthday!" said {A:name} and gave {B:name} the {g}.', A=a, B=b, g=g)
    s.say('"I love {have}!" said {B:name}. "Thank you!"', '"This is the best gift ever," said {B:name}.', "{B} was so happy that {B:he} danced.", B=b, have=have)
    ending(s, a, s.pick(["kind", "friend"]))


def race(s):
    a = s.hero()
    b = s.friend(a)
    opening(s, a)
    s.say("{A} could run very fast.", "{A} loved to run.", A=a)
    meet(s, a, b)
    s.say('"I am faster than you," said {A:name}. "Let us race to the {p}!"', '"Do you want to race to the {p}?" asked {A:name}.', A=a, p=s.pick(["big tree", "river", "old gate", "bridge", "top of the hill"]))
    s.say('"Ready, set, go!" They both ran.', "They started to run. {A} was in front.", A=a)
    k = s.pick(["fall", "nap", "tie"])
    if k == "fall":
        s.say("Then {B:name} fell and hurt {B:his} leg.", "Suddenly, {B:name} fell over a stone.", B=b)
        s.say("{A} could win now. But {A:he} stopped and went back.", "{A} saw it and turned around.", A=a)
        s.say('"Are you okay?" asked {A:name}. {A:he} helped {B:name} to get up.', "{A} helped {B:name} stand up and they walked on slowly.", A=a, B=b)
        s.say("They crossed the line together.", '"You are a good friend," said {B:name}.', B=b)
        ending(s, a, s.pick(["kind", "friend"]))
    elif k == "nap":
        s.say("{A} was so far in front that {A:he} sat down to rest.", '"I have a lot of time," said {A:name} and lay down in the grass.', A=a)
        s.say("Soon {A:he} was asleep.", "{A} closed {A:his} eyes and slept.", A=a)
        s.say("But {B:name} went on and on, step by step.", "{B} did not stop. {B} walked and walked.", B=b)
        s.say("When {A:name} woke up, {B:name} had already won!", "{A} woke up and ran, but it was too late. {B} was the winner.", A=a, B=b)
        s.say('"Well done!" said {A:name}. "Next time I will not sleep."', A=a)
        ending(s, a, "patient" if s.chance(0.2) else "friend")
    else:
        s.say("First {A:name} was in front, and then {B:name} was in front.", A=a, B=b)
        s.say("They got there at the same time!", "In the end, nobody won. They were just as fast.")
        s.say("They laughed and lay down in the grass.", '"That was fun! Let us do it again," said {B:name}.', B=b)
        ending(s, a, "friend")
