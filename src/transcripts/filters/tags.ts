import type { Item, Tag } from '../item.ts';

/** The hesitations that Speechmatics documents as tagged in English. */
const DISFLUENCIES = new Set(
  (
    'huh aha ah aw eh err hmm mm um uh uh-oh uh-huh uh-uh mhm a-ha aah aahh aaw ah-ha ahaa ahh ahha aww eeh erm ' +
    'hhm hhmm hm huh-uh m-hm uggh ugh ughh uhh uhhm uhm uhmm umm uuh uuhh uum'
  ).split(' '),
);

/** Short on purpose: what most people mean innocently most of the time (cock, hell, bloody) is not in it. */
const PROFANITY = new RegExp(
  `^(?:${[
    String.raw`(?:mother)?fuck\w*`,
    `(?:bull|bat|chicken|dip|dog|horse)?shit(?:s|e|es|ty|tier|tiest|ting|ted|ters?|head|heads|holes?|show|storm)?`,
    '(?:bad|dumb|fat|hard|jack|kick|lard|smart|wise)?ass(?:es)?',
    '(?:ass|arse)holes?|arses?|(?:dick|fuck)heads?|cocksuck(?:er|ers|ing)|pricks',
    '(?:god)?damn(?:s|ed|it)?|crap(?:s|py)?|bollocks|bugger(?:s|ed|ing)?',
    'bitch(?:es|ed|ing|y)?|bastards?|cunts?|twats?|wank(?:s|ed|er|ers|ing)?|piss(?:es|ed|ing)?',
    'tits|puss(?:y|ies)|sluts?|slutty|whores?|nigg(?:er|ers|a|as)|faggots?|kikes?',
  ].join('|')})$`,
);

/** Tags the hesitations and swear words of English; words of other languages have no tags. */
export function tagWords(items: readonly Item[], language: string): readonly Item[] {
  if (language !== 'en') return items;
  return items.map((item) => {
    const tags = item.type === 'word' ? tagsOf(item.content.toLowerCase()) : [];
    return tags.length > 0 ? { ...item, tags } : item;
  });
}

function tagsOf(word: string): Tag[] {
  if (DISFLUENCIES.has(word)) return ['disfluency'];
  return PROFANITY.test(word.replaceAll(/['’-]/g, '')) ? ['profanity'] : [];
}
