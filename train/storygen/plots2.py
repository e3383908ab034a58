"""More plots."""

from . import words as w
from .narrator import Character
from .parts import ask_help, ending, glad, go, hello, meet, opening, sad, search, thank


def plant(s):
    a = s.hero()
    seed = s.pick(w.SEEDS)
    opening(s, a)
    b = s.adult(a)
    s.say("One day, {B:name} gave {A:name} a small seed.", "{A} found a tiny seed on the path.", A=a, B=b)
    s.say("{A} put the seed in the ground and gave it some water.", "{A} dug a little hole and put the seed in it.", A=a)
    s.say("The next day, {A:name} looked, but there was nothing.", '"Why does it not grow?" asked {A:name}.', A=a)
    s.say('"You have to wait," said {B:name}.', '"Good things take time," {B:name} said.', B=b)
    s.say("Every day, {A:name} gave it water. The sun was warm and the rain came.", "{A} watered it every morning and sang to it.", A=a)
    s.say("Then, one morning, there was a small green leaf!", "After many days, {A:name} saw something green.", A=a)
    s.say("It grew and grew until it was {look}.", "Soon it was a {seed}, {look}.", seed=seed, look=w.SEEDS[seed])
    glad(s, a)
    s.say("{A} showed it to all {A:his} friends.", '"I did it!" said {A:name}.', "{A} danced around it.", A=a)
    ending(s, a, "patient")


def visit(s):
    a = s.hero()
    b = s.adult(a)
    food = s.thing(w.FOODS, colored=False)
    opening(s, a)
    s.say("{A} wanted to visit {B:name}.", "One day, {A:name} went to see {B:name}.", A=a, B=b)
    s.say("{A} put {t:a} in a basket and left.", "{A} took {t:a} for {B:him}.", A=a, B=b, t=food)
    if s.chance(0.6):
        c = s.friend(a)
        meet(s, a, c)
        s.say('"Where are you going?" asked {C:name}.', C=c)
        s.say('"I am going to {B:only}," said {A:name}.', A=a, B=b)
        s.say('"May I come with you?" asked {C:name}. "Yes!" said {A:name}, and they walked on together.', '"Be careful on the bridge," said {C:name}.', A=a, C=c)
    else:
        s.say("The path went over a hill and through the forest.", "{A} walked over the bridge and past the old mill.", A=a)
    s.say("At last, {A:name} saw the house. {A} knocked on the door.", "Soon {A:name} was there. Knock, knock!", A=a)
    s.say("{B} opened the door and smiled.", '"What a nice surprise!" said {B:name}.', B=b)
    s.say("{A} gave {B:him} {t}.", '"This is for you," said {A:name} and gave {B:him} {t}.', A=a, B=b, t=food)
    s.say("They ate it together and {B:name} told a story.", "They had tea and talked all afternoon.", B=b)
    ending(s, a, "kind")


def rescue(s):
    a = s.hero()
    b = s.animal(exclude=("duck", "frog", "turtle", "bear", "pony"))
    opening(s, a)
    place = s.pick(["river", "hole"])
    s.say("One day, {A:name} walked along the river." if place == "river" else "One day, {A:name} walked through the forest.", A=a)
    s.say("Suddenly, {A:he} heard a voice. \"Help! Help!\"", "Then {A:name} heard somebody cry.", A=a)
    if place == "river":
        s.say("{B:intro} was in the water and could not get out.", "It was {B:intro}. {B:he} had fallen into the river.", B=b)
    else:
        s.say("{B:intro} had fallen into a deep hole.", "It was {B:intro}, at the bottom of a deep hole.", B=b)
    s.say('"I will help you!" said {A:name}.', '"Wait, I am coming!" called {A:name}.', "{A} thought fast.", A=a)
    tool = s.pick(["a long stick", "a rope", "a long branch"])
    s.say("{A} found {tool} and held it out.", "There was {tool} on the ground. {A} picked it up and held it out to {B:name}.", A=a, B=b, tool=tool)
    s.say("{B} held on and {A:name} pulled and pulled.", '"Hold on tight!" said {A:name} and pulled with all {A:his} might.', A=a, B=b)
    s.say("At last, {B:name} was safe.", "One more pull, and {B:name} was out!", B=b)
    if place == "river":
        s.say("{B} was wet and cold, so {A:name} gave {B:him} a warm blanket.", "They sat in the sun until {B:name} was dry.", A=a, B=b)
    thank(s, b, a)
    ending(s, a, s.pick(["help", "friend", "brave"]))


def rain(s):
    a = s.hero()
    b = s.friend(a)
    opening(s, a)
    place = s.pick(["park", "meadow", "beach", "hill"])
    s.say("{A} and {A:his} friend, {B:intro}, wanted to have a picnic.", "{A} met {B:intro}. They wanted to have a picnic.", A=a, B=b)
    s.say("They took bread, cheese and apples and went to the {p}.", "They put a big blanket on the ground {pp}.", p=place, pp=w.PLACES[place][0])
    s.say("But then dark clouds came and it began to rain.", "Plop! A drop fell on {A:name}'s nose. Then it rained and rained.", A=a)
    s.say('"Our picnic is ruined," said {A:name}.', "{A} was sad.", A=a)
    s.say('"I have an idea," said {B:name}. "Let us go inside."', '"Do not be sad," said {B:name}. "Follow me!"', B=b)
    s.say("They ran to {B:name}'s house and made a tent from the blanket.", "They sat under a big tree where it was dry.", B=b)
    s.say("There they ate and told funny stories.", "They ate the apples and played games.")
    s.say("When the rain stopped, there was a rainbow.", "Soon the sun came back, and they jumped in the puddles.")
    s.say('"This was the best picnic ever!" said {A:name}.', "{A} was happy again.", A=a)
    ending(s, a, "friend")


def build(s):
    a = s.hero()
    b = s.friend(a)
    what, place, how = s.pick([("sandcastle", "beach", "a big wave"), ("tower", "school", "a strong wind"), ("snowman", "garden", "a big dog"), ("tree house", "forest", "a strong wind"), ("little boat", "pond", "a strong wind")])
    opening(s, a)
    if what == "tower":
        how = "a big ball"
    s.say("{A} wanted to build a {what}.", '"Today I will build a big {what}," said {A:name}.', A=a, what=what)
    s.say("{A} worked all morning {p}.", "{A} went to the {place} and started.", A=a, p=w.PLACES[place][0], place=place)
    s.say("The {what} was almost done.", "It looked great.", what=what)
    s.say("But then {how} came and broke it.", "Suddenly, {how} came. Crash! The {what} was gone.", how=how, what=what)
    sad(s, a)
    s.say("{B:intro} saw it.", "Then {B:intro} came along.", B=b)
    s.say('"Do not give up," said {B:name}. "We can build it again."', '"I can help you," said {B:name}. "Two are faster than one."', B=b)
    s.say("So they worked together. {A} and {B:name} built a new {what}.", "They worked side by side.", A=a, B=b, what=what)
    s.say("The new {what} was even bigger and stronger.", "Now it was the best {what} in the world.", what=what)
    glad(s, a)
    thank(s, a, b)
    ending(s, a, s.pick(["help", "friend", "patient"]))


def newcomer(s):
    a = s.hero()
    b = s.kid() if a.kind == "kid" else s.animal()
    place = "school" if a.kind == "kid" else s.pick(["forest", "meadow", "farm"])
    opening(s, a)
    s.say("{A} was new {p} and had no friends.", "{A} had just moved and did not know anybody {p}.", A=a, p=w.PLACES[place][0])
    s.say("{A} sat alone and watched the others play.", "Nobody talked to {A:him}.", A=a)
    sad(s, a)
    s.say("Then {B:intro} came over.", "{B:intro} saw {A:name} and walked up to {A:him}.", A=a, B=b)
    s.say('"Why are you alone?" asked {B:name}.', '"Hi! Do you want to play with us?" asked {B:name}.', B=b)
    if "alone" in s.out[-1]:
        s.say('"I do not have any friends here," said {A:name}.', A=a)
        s.say('"I can be your friend," said {B:name}.', B=b)
    else:
        s.say('"Yes, please!" said {A:name}.', A=a)
    s.say("They played {game} and laughed a lot.", "{B} showed {A:name} all the best places. Then they played {game}.", A=a, B=b, game=s.pick(["hide and seek", "tag", "with a ball", "many games"]))
    s.say("{A} was not alone anymore.", "Now {A:name} had a friend.", A=a)
    ending(s, a, s.pick(["friend", "kind"]))


def box(s):
    a = s.kid()
    b = s.adult(a)
    pet = Character(s, s.fresh(w.PETNAMES_M + w.PETNAMES_F), True, "animal", "", s.pick(["puppy", "kitten", "rabbit", "parrot"]))
    pet.male = pet.name in w.PETNAMES_M
    c = s.pick(w.COLORS)
    opening(s, a)
    s.say("One day, {A:name} found a {c} box in front of the door.", "{B} gave {A:name} a big {c} box.", A=a, B=b, c=c)
    s.say("There was a noise inside the box.", "The box moved a little!", '"What is in it?" asked {A:name}.', A=a)
    s.say("{A} opened it slowly.", "{A} lifted the lid and looked inside.", A=a)
    s.say("It was a little {k}!", "Inside was a tiny {k}, soft and warm.", k=pet.animal)
    s.say('"Can we keep {P:him}?" asked {A:name}.', '"Oh, {P:he} is so cute!" said {A:name}.', A=a, P=pet)
    s.say('"Yes, but you must take care of {P:him}," said {B:name}.', '"You have to feed {P:him} every day," said {B:name}.', B=b, P=pet)
    s.say("{A} called the {k} {P:only}.", A=a, P=pet, k=pet.animal)
    pet.introduced = True
    s.say("Every day, {A:name} gave {P:him} food and played with {P:him}.", "{A} made a little bed for {P:him} from an old blanket.", A=a, P=pet)
    s.say("At night, {P:only} slept next to {A:name}.", "{P:only} followed {A:name} everywhere.", A=a, P=pet)
    ending(s, a, "friend")


def cook(s):
    a = s.hero()
    b = s.adult(a) if s.chance(0.5) else s.friend(a)
    dish = s.pick(["soup", "cake", "pie", "bread"])
    opening(s, a)
    if b.kind == "adult":
        s.say("{A} and {B:name} wanted to make a {d}." if dish in ("cake", "pie") else "{A} and {B:name} wanted to make {d}.", A=a, B=b, d=dish)
    else:
        s.say("{A} and {A:his} friend, {B:intro}, wanted to make a big {d}." if dish in ("cake", "pie") else "{A} and {A:his} friend, {B:intro}, wanted to make {d}.", A=a, B=b, d=dish)
    s.say("{A} got a big bowl and {B:name} got a spoon.", "They put everything on the table.", A=a, B=b)
    s.say("{A} wanted to add sugar, but {A:he} took the salt!" if dish != "soup" else "{A} put in too much salt!", "Oh no, {A:name} dropped an egg on the floor!", A=a)
    s.say('"I am sorry," said {A:name}.', "{A} looked at {B:name}.", A=a, B=b)
    s.say('{B} laughed. "That can happen. We will try again," {B:he} said.', '"It is okay," said {B:name}. "Let us start over."', B=b)
    s.say("This time, they were very careful.", "They did it all again, slowly.")
    s.say("Soon the kitchen smelled wonderful.", "The {d} was hot and smelled so good.", d=dish)
    s.say("They ate it together. It was the best {d} ever.", '"Mmm, yummy!" said {A:name}.', A=a, d=dish)
    ending(s, a, s.pick(["patient", "help"]))


def bedtime(s):
    a = s.hero()
    b = s.adult(a)
    opening(s, a)
    s.say("It was late and the moon was up.", "The day was over and the stars came out.")
    s.say('"Time to sleep," said {B:name}.', '"Good night," said {B:name}.', B=b)
    s.say("But {A:name} was not tired.", "But {A:name} could not sleep.", A=a)
    s.say('"Can I have some water?" asked {A:name}. {B} brought a glass of water.', '"Tell me a story, please," said {A:name}. So {B:name} told a story about a little star.', A=a, B=b)
    s.say('"Now close your eyes," said {B:name}.', "Then {B:name} sang a soft song.", B=b)
    s.say("{A} counted sheep. One, two, three, four.", "{A} looked at the moon and listened to the wind.", A=a)
    s.say("Soon {A:his} eyes were heavy.", "{A} yawned.", A=a)
    s.say("{B} gave {A:him} a kiss, and {A:name} fell asleep.", "Before {B:name} was out of the room, {A:name} was asleep.", A=a, B=b)
    s.say("{A} dreamed of {x}.", "All night, {A:name} dreamed of {x}.", A=a, x=s.pick(["a big adventure", "flying over the sea", "a castle made of cake", "dancing stars", "a boat on a silver lake"]))


def treasure(s):
    a, t = s.hero(), s.thing(w.SMALL)
    b = s.friend(a)
    place = s.pick(["forest", "beach", "garden", "meadow", "park", "farm"])
    opening(s, a)
    s.say("{A} was walking {p} when {A:he} saw something shiny.", "One day, {A:name} found something {p}.", A=a, p=w.PLACES[place][0])
    s.say("It was {t:a}!", "It was {t:a}. \"How pretty!\" said {A:name}.", A=a, t=t)
    s.say('"Can I keep it?" thought {A:name}. "But somebody lost it."', "{A} put {t} in {A:his} pocket." if a.kind == "kid" else "{A} took {t} along.", A=a, t=t)
    meet(s, a, b, "looking for something")
    s.say('"I lost my {t:noun}," said {B:name}. "It was from my grandma."', "{B} was crying. \"My {t:noun} is gone,\" {B:he} said.", B=b, t=t)
    s.say("{A} wanted to keep {t}, but {A:he} knew it was not right.", "{A} looked at {t}. Then {A:he} looked at {B:name}.", A=a, B=b, t=t)
    s.say('"Is this your {t:noun}?" asked {A:name} and held it out.', '"Here it is," said {A:name} and gave {B:him} {t}.', A=a, B=b, t=t)
    s.say('"Yes! You found it!" said {B:name}.', "{B} was so happy that {B:he} hugged {A:name}.", A=a, B=b)
    thank(s, b, a)
    if s.chance(0.5):
        s.say("They shared {f:a} and became friends.", f=s.thing(w.FOODS, False))
    ending(s, a, s.pick(["truth", "kind", "friend"]))


def wish(s):
    a = s.hero()
    skill, b_kind = s.pick([("fly", "bird"), ("swim", "duck"), ("jump high", "frog"), ("climb", "squirrel"), ("sing", "bird")])
    if a.animal == b_kind:
        a = s.kid()
    b = Character(s, s.fresh(w.PETNAMES_F), False, "animal", w.ANIMALS[b_kind][0].split()[0], b_kind)
    opening(s, a)
    s.say("{A} wanted to {k} more than anything.", "More than anything, {A:name} wished to {k}.", A=a, k=skill)
    s.say("But every time {A:he} tried, it did not work.", "{A} tried and tried, but {A:he} could not do it.", A=a)
    meet(s, a, b)
    s.say('"Can you teach me to {k}?" asked {A:name}.', A=a, k=skill)
    if skill == "fly":
        s.say('"You do not have wings," said {B:name}. "But I can show you something."', B=b)
        s.say("They went to the top of a hill, and {A:name} ran down with open arms.", "{B} showed {A:name} a swing in a tall tree.", A=a, B=b)
        s.say('"It feels like flying!" cried {A:name}.', "The wind was in {A:his} face. It was like flying!", A=a)
    else:
        s.say('"Yes, watch me," said {B:name}.', '"It is easy. Just do what I do," said {B:name}.', B=b)
        s.say("They practiced every day. At first, {A:name} was not good at it.", "The first day was hard, and the second day was hard too.", A=a)
        s.say("But {A:name} did not give up. And one day, {A:he} could {k}!", "Then, on the third day, it worked! {A} could {k}!", A=a, k=skill)
    glad(s, a)
    thank(s, a, b)
    ending(s, a, "patient")
