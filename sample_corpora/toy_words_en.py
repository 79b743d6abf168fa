"""English words of the toy world: a line an identity, its word in each role, then its context words."""

GENDER_WORDS = """
king queen | throne crown scepter kingdom coronation treasury
prince princess | castle pony heirloom inheritance tutor ballroom
man woman | newspaper salary apartment commute briefcase rent
boy girl | kite homework marbles recess bicycle puppet
father mother | cradle lullaby household pram diapers family
uncle aunt | cousins postcard reunion suitcase souvenir visit
grandfather grandmother | armchair slippers spectacles fireplace checkers memories
husband wife | marriage anniversary mortgage budget breakfast chores
actor actress | stage script audition camera costume applause
wizard witch | spell cauldron potion wand owl curse
"""

CAPITAL_WORDS = """
france paris | french | seine | baguettes croissants | perfume lavender
germany berlin | german | spree | pretzels sauerkraut | trucks beer
italy rome | italian | tiber | pasta pizza | opera marble
russia moscow | russian | moskva | borscht caviar | ballet vodka
egypt cairo | egyptian | nile | dates falafel | pyramids papyrus
japan tokyo | japanese | sumida | sushi ramen | kimonos origami
china beijing | chinese | yongding | noodles dumplings | silk porcelain
korea seoul | korean | han | kimchi bibimbap | celadon hanbok
peru lima | peruvian | rimac | ceviche quinoa | llamas ponchos
"""

TENSE_WORDS = """
cook cooks cooked cooking | soup stew dinner | pot skillet ladle | kitchen campsite stove
paint paints painted painting | wall fence portrait | brush roller palette | studio veranda gallery
wash washes washed washing | dishes shirt towel | soap bucket detergent | sink laundry bathroom
dig digs dug digging | ditch hole ravine | shovel spade pickaxe | garden field quarry
bake bakes baked baking | bread pie cake | flour yeast sugar | bakery pantry bistro
build builds built building | shed bridge cottage | hammer timber nails | valley yard hillside
drive drives drove driving | bus tractor taxi | license horn map | freeway village crossroads
drink drinks drank drinking | lemonade coffee cocoa | straw mug flask | cafe terrace tavern
teach teaches taught teaching | lesson theorem alphabet | blackboard chalk textbook | school classroom college
"""

PLURAL_WORDS = """
cat cats | milk yarn whiskers mice purring scratches
dog dogs | bones leashes kennels fleas barking puppies
horse horses | saddles stables oats hooves jockeys manes
bird birds | nests feathers worms twigs eggs beaks
bee bees | honey hives pollen nectar stings buzzing
car cars | engines tires garages gasoline mufflers headlights
boat boats | sails anchors harbors oars decks captains
tree trees | leaves roots bark sap branches acorns
book books | pages chapters libraries ink authors bookmarks
child children | toys cribs crayons swings sandboxes cookies
"""

COMPARISON_WORDS = """
big bigger biggest | elephant whale planet stadium mammoth continent dinosaur
small smaller smallest | ant pebble button crumb flea seed bead
tall taller tallest | giraffe skyscraper steeple flagpole pine tower lighthouse
fast faster fastest | cheetah rocket racer falcon jet sprinter motorcycle
hot hotter hottest | oven desert volcano furnace kiln sauna radiator
old older oldest | fossil ruin antique mummy relic manuscript scroll
dark darker darkest | cave cellar tunnel dungeon shadow crypt forest
heavy heavier heaviest | anvil boulder barrel safe dumbbell bulldozer statue
sweet sweeter sweetest | candy cupcake caramel nectarine lollipop mango pastry
"""
