/** Sources in which everything that is given is the same; case does not count. At least one is given. */
export interface SourceMatch {
  readonly channel: string | null;
  readonly campaign: string | null;
  readonly subId: string | null;
}

/** Which sources a buyer takes leads from. A lead whose source is not told matches nothing. */
export interface SourceRule {
  /** None: any source. */
  readonly only: readonly SourceMatch[];
  readonly except: readonly SourceMatch[];
}

/** Takes every source, told or not. */
export const anySource: SourceRule = { only: [], except: [] };

/** Blanks around it, case and composition of letters do not count. */
export function normalSource(text: string): string {
  return text.trim().normalize('NFC').toLowerCase();
}

/** Makes a rule ready to be asked for every lead; undefined when every source is taken. */
export function sourceTest(rule: SourceRule): ((source: SourceMatch) => boolean) | undefined {
  const only = matchesTest(rule.only);
  const except = matchesTest(rule.except);
  if (only && except) return (source) => only(source) && !except(source);
  if (except) return (source) => !except(source);
  return only;
}

function matchesTest(matches: readonly SourceMatch[]): ((source: SourceMatch) => boolean) | undefined {
  if (matches.length === 0) return undefined;
  const wanted = matches.map(({ channel, campaign, subId }) => ({
    channel: channel === null ? null : normalSource(channel),
    campaign: campaign === null ? null : normalSource(campaign),
    subId: subId === null ? null : normalSource(subId),
  }));
  return (source) =>
    wanted.some(
      (match) =>
        (match.channel === null || match.channel === source.channel) &&
        (match.campaign === null || match.campaign === source.campaign) &&
        (match.subId === null || match.subId === source.subId),
    );
}
