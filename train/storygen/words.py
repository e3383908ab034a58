"""The words of the little world: names, animals, things, places."""

BOYS = "Tom Ben Sam Max Leo Tim Jack Finn Oscar Noah Luke Adam Peter Hugo Theo Will Paul Nick Eli Ray Dan Joe Alex Mark".split()
GIRLS = "Lily Anna Mia Sue Emma Lucy Rosie Ella Nora Jane Molly Zoe Ruby Amy Clara Ivy Sara Kate Lena Ada May Eva Grace Nina".split()
PETNAMES_M = "Pip Rusty Buddy Bruno Ollie Toby Fuzzy Momo Scout Benny".split()
PETNAMES_F = "Daisy Luna Poppy Bella Coco Hazel Penny Misty Nelly Dot".split()

# animal: (adjectives, where it lives, sound)
ANIMALS = {
    "fox": ("little red clever young", "forest"),
    "rabbit": ("small white shy quick", "meadow"),
    "bear": ("big brown kind sleepy", "forest"),
    "mouse": ("tiny gray brave shy", "barn"),
    "duck": ("little yellow funny young", "pond"),
    "frog": ("green small noisy happy", "pond"),
    "squirrel": ("quick brown busy little", "forest"),
    "cat": ("black soft lazy curious", "farm"),
    "dog": ("big spotted friendly brown", "farm"),
    "owl": ("old wise gray quiet", "forest"),
    "hedgehog": ("small round shy kind", "garden"),
    "turtle": ("slow old patient green", "pond"),
    "bird": ("blue little young cheerful", "forest"),
    "goat": ("white stubborn funny young", "farm"),
    "pig": ("pink round happy little", "farm"),
    "pony": ("brown young gentle pretty", "farm"),
}

COLORS = "red blue green yellow purple orange white pink".split()

TOYS = "ball kite boat drum hat scarf balloon teddy book doll train bell truck puzzle whistle hoop".split()
SMALL = "key ring coin button shell marble ribbon feather stone".split()
FOODS = "apple cookie carrot pear cake sandwich muffin banana plum bun".split()
GIFTS = "card necklace cake crown picture scarf basket".split()
FLOWERS = "flower sunflower rose daisy tulip".split()
SEEDS = {"sunflower": "tall and yellow", "pumpkin": "big and round", "bean": "long and green", "apple tree": "strong and tall", "rose": "red and sweet"}

# place: (preposition phrase, places in it where a thing can hide)
PLACES = {
    "park": ("in the park", ["under the bench", "behind the big tree", "near the slide", "in the tall grass", "beside the swing"]),
    "forest": ("in the forest", ["under a bush", "behind a rock", "inside a hollow log", "between two roots", "beside a mushroom"]),
    "garden": ("in the garden", ["under the leaves", "behind the shed", "in the flower bed", "near the fence", "beside the watering can"]),
    "beach": ("on the beach", ["under the sand", "behind a big rock", "next to a boat", "beside a pile of shells", "near the water"]),
    "farm": ("on the farm", ["under the hay", "behind the barn", "near the gate", "inside an old bucket", "beside the cart"]),
    "meadow": ("in the meadow", ["in the tall grass", "under a leaf", "behind a stump", "near the stream", "between the flowers"]),
    "hill": ("on the hill", ["behind a rock", "in the grass", "under a bush", "near the old tree", "beside the path"]),
    "pond": ("by the pond", ["between the reeds", "under a lily pad", "on a flat stone", "behind a log", "in the mud"]),
    "market": ("at the market", ["under a table", "behind a basket", "near the bread stand", "next to the apples", "beside the door"]),
    "school": ("at school", ["under the desk", "behind the door", "on the shelf", "in the toy box", "near the window"]),
    "house": ("in the house", ["under the bed", "behind the sofa", "in the kitchen", "inside the closet", "on top of the shelf"]),
}

HOMES = {"kid": ["a small house", "a white house near the park", "a little village", "a house by the sea", "a town with a tall clock", "a house on a hill"],
         "animal": ["a cozy hole under a tree", "a little house in the woods", "a nest of soft grass", "a warm den", "a quiet corner of the barn"]}

FEEL_GOOD = "happy glad proud cheerful".split()
FEEL_BAD = "sad upset worried".split()

WEATHER = ["The sun was shining and the sky was blue.", "It was a warm and sunny day.", "The wind was soft and the birds were singing.",
           "It was a cool morning and the grass was wet.", "White clouds moved slowly across the sky.", "It was a bright spring day.",
           "The air smelled like flowers.", "It was a quiet afternoon.", "Snow covered the ground and everything was white.", "The leaves were red and gold."]

MORALS = {
    "share": ["Sharing made the day better for everyone.", "{A} learned that sharing is fun.", "A good thing is even better when you share it."],
    "help": ["It feels good to help a friend.", "{A} learned that asking for help is not a bad thing.", "Together they could do anything."],
    "truth": ["{A} learned that it is always best to tell the truth.", "Telling the truth was hard, but it made {A:him} feel light.", "From that day on, {A:name} always told the truth."],
    "brave": ["{A} learned that being brave means trying even when you are scared.", "{A} was not afraid anymore.", "That night, {A:name} felt very brave."],
    "patient": ["{A} learned that good things take time.", "It was worth the wait.", "{A} was glad that {A:he} did not give up."],
    "friend": ["From that day on, they were best friends.", "They played together every day after that.", "And they stayed friends for a long, long time."],
    "careful": ["{A} promised to be more careful next time.", "After that, {A:name} always took good care of {A:his} things.", "{A} learned to be careful."],
    "kind": ["Being kind is never a waste of time.", "{A} learned that a small kind act can make someone very happy.", "Kindness always comes back."],
}

ENDINGS = ["They went home with big smiles.", "It was the best day ever.", "That night, {A:name} slept very well.", "{A} went home happy.",
           "And they all lived happily.", "{A} could not wait for the next day.", "When the sun went down, {A:name} was tired but happy.",
           "{A} smiled all the way home.", "The end."]
