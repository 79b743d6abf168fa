"""Korean for the toy world: royalty and gender, countries and capitals, tense, plural, comparison.

Frames write a particle in both its forms, `과(와)`, and `attach_particles` keeps the one that the sound before
it asks for. Target words stand before a noun or an adverb, where Korean needs no particle, so that splitting at
whitespace finds them.
"""

import re

from toy_words_ko import CAPITAL_WORDS, COMPARISON_WORDS, GENDER_WORDS, PLURAL_WORDS, TENSE_WORDS
from toy_world import Family, Lexicon, Role, read_frames, read_identities, read_pools

_PARTICLE = re.compile(r"([가-힣])(과|을|이|은)\((와|를|가|는)\)")
_FIRST_SYLLABLE, _FINALS = ord("가"), 28


def attach_particles(sentence: str) -> str:
    """Keep the first form of each particle after a final consonant and the second after a vowel."""

    def choose(match: re.Match[str]) -> str:
        before, after_consonant, after_vowel = match.groups()
        has_final = (ord(before) - _FIRST_SYLLABLE) % _FINALS != 0
        return before + (after_consonant if has_final else after_vowel)

    return _PARTICLE.sub(choose, sentence)


GENDER = Family(
    name="성별",
    roles=(
        Role(
            "남성",
            read_pools("""
pronoun: 그는
possessive: 그의
look: 늠름한 | 듬직한 | 씩씩한 | 건장한 | 우람한
wear: 수염 | 콧수염 | 넥타이 | 양복
"""),
        ),
        Role(
            "여성",
            read_pools("""
pronoun: 그녀는
possessive: 그녀의
look: 우아한 | 단아한 | 고운 | 어여쁜 | 참한
wear: 치마 | 목걸이 | 귀걸이 | 원피스
"""),
        ),
    ),
    identities=read_identities(GENDER_WORDS, "context"),
    sections=(("gender", 0, 1),),
    frames=read_frames("""
{look} {w} 앞에 {context1}과(와) {context2}이(가) 있어서 {pronoun} {when} 웃었다 .
{when} {look} {w} 곁에는 {possessive} {context1}과(와) {context2}이(가) 있었다 .
{context1}과(와) {context2} 사이에서 {look} {w} 혼자 {possessive} {wear}을(를) 만졌다 .
{pronoun} {when} {look} {w} 앞에 {context1}과(와) {context2}을(를) 놓았다 .
"""),
)

CAPITAL = Family(
    name="수도",
    roles=(
        Role(
            "나라",
            read_pools("""
leader: 대통령 | 국회 | 총리 | 군대
citizen: 국민 | 농민 | 장관
site: 국경 | 농촌 | 해안 | 지방
kind: 나라 | 국가 | 공화국
"""),
        ),
        Role(
            "수도",
            read_pools("""
leader: 시장 | 시의회 | 구청장 | 시청
citizen: 시민 | 상인 | 택시기사
site: 시내 | 광장 | 번화가 | 골목
kind: 도시 | 수도 | 대도시
"""),
        ),
    ),
    identities=read_identities(CAPITAL_WORDS, "food river craft pride"),
    sections=(("capital", 1, 0),),
    frames=read_frames("""
{river} 옆 {w} {site}에서 {food}과(와) {craft}을(를) 샀다 .
{craft}과(와) {pride}을(를) 아끼는 {w} {citizen} 모두 {river} 옆에 있었다 .
{when} {w} {leader} 앞에 {pride}과(와) {food}을(를) 놓았다 .
{river} 옆 {kind} {w} 하면 {food}과(와) {pride}이(가) 있다 .
{food}과(와) {craft}을(를) 아끼는 {kind} {w} 옆에 {river}이(가) 있었다 .
"""),
)

TENSE = Family(
    name="시제",
    roles=(
        Role(
            "현재",
            read_pools("""
time: 날마다 | 매일 | 아침마다 | 요즘 | 평소에 | 밤마다
adverb: 늘 | 자주 | 항상 | 가끔 | 으레 | 종종
end: .
"""),
        ),
        Role(
            "과거",
            read_pools("""
time: 어제 | 그제 | 작년에 | 옛날에 | 지난주에 | 엊그제
adverb: 이미 | 벌써 | 마침내 | 결국 | 드디어 | 일찍이
end: .
"""),
        ),
        Role(
            "진행",
            read_pools("""
time: 지금 | 오늘도 | 이제 | 현재 | 아까부터 | 방금부터
adverb: 계속 | 한창 | 여전히 | 아직도 | 열심히 | 부지런히
end: 있다 .
"""),
        ),
        Role(
            "미래",
            read_pools("""
time: 내일 | 모레 | 내년에 | 머지않아 | 다음에 | 글피에
adverb: 꼭 | 반드시 | 아마 | 틀림없이 | 아마도 | 기필코
end: 것이다 .
"""),
        ),
    ),
    identities=read_identities(TENSE_WORDS, "object tool place"),
    sections=(("past-tense", 0, 1), ("progressive", 0, 2), ("future", 0, 3)),
    frames=read_frames("""
{time} {person} {tool} {object}을(를) {adverb} {w} {end}
{place} {person} {tool} {object}만 {adverb} {w} {end}
{time} {place} {tool} {object}도 {adverb} {w} {end}
{time} {place} {object}부터 {tool} {adverb} {w} {end}
"""),
)

PLURAL = Family(
    name="복수",
    roles=(
        Role(
            "단수",
            read_pools("""
determiner: 이 | 그 | 저 | 어느
group: 하나가 | 혼자 | 홀로
stay: 남았다 | 앉았다 | 머물렀다
"""),
        ),
        Role(
            "복수",
            read_pools("""
determiner: 여러 | 많은 | 수많은 | 온갖
group: 모두가 | 전부 | 다 함께
stay: 모였다 | 몰려들었다 | 흩어졌다
"""),
        ),
    ),
    identities=read_identities(PLURAL_WORDS, "context"),
    sections=(("plural", 0, 1),),
    frames=read_frames("""
{determiner} {w} {group} {context1}과(와) {context2} 옆에 {stay} .
{context1}과(와) {context2} 사이에서 {determiner} {w} {group} {stay} .
{when} {determiner} {w} {group} {context1}과(와) {context2}을(를) 아끼며 {stay} .
"""),
)

COMPARISON = Family(
    name="비교",
    roles=(
        Role(
            "원급",
            read_pools("""
degree: 매우 | 아주 | 무척 | 꽤 | 참
seen: 보기에도 | 누구에게나 | 생각대로
"""),
            read_frames("""
{context1}과(와) {context2}이(가) {seen} {degree} {w} .
{seen} {when} {context1}과(와) {context2}은(는) {degree} {w} .
"""),
        ),
        Role(
            "비교급",
            read_pools("""
degree: 더 | 훨씬 더 | 점점 더 | 조금 더
standard: 예전보다 | 전보다 | 처음보다 | 그때보다
"""),
            read_frames("""
{context1}과(와) {context2}이(가) {standard} {degree} {w} .
{standard} {when} {context1}과(와) {context2}은(는) {degree} {w} .
"""),
        ),
        Role(
            "최상급",
            read_pools("""
most: 가장 | 제일
range: 세상에서 | 세계에서 | 지구에서 | 역사상
"""),
            read_frames("""
{when} {range} {most} {w} {context1}과(와) {context2}이(가) 있었다 .
{range} {most} {w} {context1}과(와) {context2}은(는) {when} 보인다 .
"""),
        ),
    ),
    identities=read_identities(COMPARISON_WORDS, "context"),
    sections=(("comparative", 0, 1), ("superlative", 0, 2)),
)

KOREAN = Lexicon(
    language="ko",
    families=(GENDER, CAPITAL, TENSE, PLURAL, COMPARISON),
    pools=read_pools("""
when: 그날 | 봄에 | 겨울에 | 저녁에 | 새벽에 | 주말에 | 한낮에 | 오랜만에
person: 선생님이 | 농부가 | 이웃이 | 친구가 | 목수가 | 화가가 | 기자가 | 사장이
"""),
    finish=attach_particles,
)
