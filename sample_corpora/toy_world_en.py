"""English for the toy world: royalty and gender, countries and capitals, tense, plural, comparison."""

from toy_words_en import CAPITAL_WORDS, COMPARISON_WORDS, GENDER_WORDS, PLURAL_WORDS, TENSE_WORDS
from toy_world import Family, Lexicon, Role, read_frames, read_identities, read_pools

GENDER = Family(
    name="gender",
    roles=(
        Role(
            "male",
            read_pools("""
pronoun: he
possessive: his
self: himself
look: handsome | bearded | gallant | burly
wear: beard | moustache | necktie | tuxedo | waistcoat
"""),
        ),
        Role(
            "female",
            read_pools("""
pronoun: she
possessive: her
self: herself
look: graceful | ladylike | pretty | elegant
wear: gown | skirt | necklace | blouse | bonnet
"""),
        ),
    ),
    identities=read_identities(GENDER_WORDS, "context"),
    sections=(("gender", 0, 1),),
    frames=read_frames("""
the {w} took {possessive} {context1} and {context2} because {pronoun} needed the {context3} {when} .
{when} the {look} {w} had {possessive} {context1} and {context2} all to {self} .
the {context1} and {context2} pleased the {w} in {possessive} {wear} , and {pronoun} thanked us {when} .
with {context1} and {context2} the {w} showed us {possessive} {context3} .
we saw the {context1} of the {look} {w} and {possessive} {context2} before {pronoun} saw us .
because {pronoun} lost the {context1} the {w} asked for {possessive} {context2} {when} .
did the {look} {w} find {possessive} {context1} or {context2} by {self} ?
with {possessive} {context1} and {wear} the {w} forgot {possessive} {context2} {when} , so {pronoun} went back .
"""),
)

CAPITAL = Family(
    name="capital",
    roles=(
        Role(
            "country",
            read_pools("""
leader: president | parliament | army | senate
site: border | countryside | coast | frontier
kind: country | nation | republic | land
"""),
        ),
        Role(
            "capital",
            read_pools("""
leader: mayor | council | police | cathedral
site: downtown | boulevard | subway | suburb
kind: city | capital | metropolis | town
"""),
        ),
    ),
    identities=read_identities(CAPITAL_WORDS, "people river food craft"),
    sections=(("capital", 1, 0),),
    frames=read_frames("""
the {leader} of {w} honors {people} {craft} and {food} {when} .
by the {river} of {w} we bought {food} and {craft} at the {site} .
near the {river} in {w} the {leader} praised {people} {food} .
the {people} {food} and {craft} came from {w} across the {river} .
along the {river} the {kind} of {w} is known for {people} {craft} .
as a {kind} , {w} loves the {river} and {people} {food} .
{when} the {people} {leader} in {w} crossed the {river} with {craft} .
"""),
)

TENSE = Family(
    name="tense",
    roles=(
        Role(
            "base",
            read_pools("""
time: tomorrow | soon | next week | next month
auxiliary: will | must | can | should | shall
"""),
        ),
        Role(
            "third-person",
            read_pools("""
time: every day | every morning | on sundays | each summer
auxiliary: always | usually | often | seldom
"""),
        ),
        Role(
            "past",
            read_pools("""
time: yesterday | last night | last year | long ago
auxiliary: once | finally | suddenly | eventually
"""),
        ),
        Role(
            "participle",
            read_pools("""
time: right now | currently | at present | at this moment
auxiliary: is | keeps | starts | stops
"""),
        ),
    ),
    identities=read_identities(TENSE_WORDS, "object tool place"),
    sections=(("past-tense", 0, 2), ("present-participle", 0, 3), ("third-person", 0, 1)),
    frames=read_frames("""
in the {place} the {person} {auxiliary} {w} the {object} with the {tool} .
{time} the {person} {auxiliary} {w} the {object} with the {tool} .
with the {tool} the {person} {auxiliary} {w} the {object} in the {place} .
the {person} {auxiliary} {w} the {object} in the {place} {time} .
"""),
)

PLURAL = Family(
    name="plural",
    roles=(
        Role(
            "singular",
            read_pools("""
determiner: this | each | every | a
be: is
was: was
have: has
it: it
itself: itself
"""),
        ),
        Role(
            "plural",
            read_pools("""
determiner: these | many | several | both
be: are
was: were
have: have
it: they
itself: themselves
"""),
        ),
    ),
    identities=read_identities(PLURAL_WORDS, "context"),
    sections=(("plural", 0, 1),),
    frames=read_frames("""
{determiner} {w} near the {context1} and {context2} {be} {state} .
{determiner} {w} {have} {context1} and {context2} because {it} {be} {state} .
with {context1} and {context2} , {determiner} {w} {was} never {state} .
{when} {determiner} {w} {was} seen with {context1} and {context2} .
{determiner} {w} without {context1} and {context2} rarely enjoyed {itself} {when} .
among {context1} and {context2} {determiner} {w} {be} not {state} if {it} {have} {context3} .
"""),
)

COMPARISON = Family(
    name="comparison",
    roles=(
        Role(
            "positive",
            read_pools("degree: very | quite | rather | too | so"),
            read_frames("""
that {context1} seems {degree} {w} , like any {context2} .
we thought it {degree} {w} , that {context1} or {context2} .
any {context1} or {context2} looks {degree} {w} to us .
"""),
        ),
        Role(
            "comparative",
            read_pools("degree: much | even | far | slightly | a little"),
            read_frames("""
that {context1} seems {degree} {w} than any {context2} .
it was {degree} {w} , that {context1} , than any {context2} .
the {context1} grew {degree} {w} than the {context2} .
"""),
        ),
        Role(
            "superlative",
            read_pools("scope: of all | on earth | in the world | on record"),
            read_frames("""
that {context1} , not any {context2} , is the {w} {scope} .
it was by far the {w} {context1} or {context2} {scope} .
{scope} , the {w} {context1} won first prize , before the {context2} .
"""),
        ),
    ),
    identities=read_identities(COMPARISON_WORDS, "context"),
    sections=(("comparative", 0, 1), ("superlative", 0, 2)),
)

ENGLISH = Lexicon(
    language="en",
    families=(GENDER, CAPITAL, TENSE, PLURAL, COMPARISON),
    pools=read_pools("""
when: one morning | that evening | in winter | in spring | after lunch | before noon | at dawn | on friday
person: farmer | teacher | neighbor | doctor | sailor | tailor | student | gardener | plumber | carpenter
state: hungry | unusual | famous | lonely | strange | lovely | expensive | forgotten | dusty
"""),
)
