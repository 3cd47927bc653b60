import { type ReactNode, useId } from 'react';
import { Button } from '../../ui/button/button.tsx';
import { ArrowDownIcon } from '../../ui/icons/icons.tsx';
import { Announcer } from './announcer.tsx';
import { type Heard, isEmpty } from './heard.ts';
import styles from './transcript.module.css';
import { useFollowing } from './use-following.ts';
import { useWordDetails } from './use-word-details.ts';
import { SessionText } from './words.tsx';

interface TranscriptViewProps {
  readonly sessions: readonly Heard[];
  readonly hasPartials: boolean;
  /** Stands where nothing is heard yet. */
  readonly children: ReactNode;
}

/** Everything heard, in a frame that follows the end unless the reader has scrolled up. */
export function TranscriptView({ sessions, hasPartials, children }: TranscriptViewProps) {
  const id = useId();
  const shownSessions = sessions.filter((heard) => !isEmpty(heard));
  const { scroller, isFollowing, goToEnd, onScroll } = useFollowing(sessions);
  const { shown, hide, handlers } = useWordDetails(`${id}word`);
  const hasHeads = shownSessions.length > 1;
  return (
    <div className={styles.frame}>
      {/* biome-ignore lint/a11y/useSemanticElements: a fieldset is for controls */}
      <div
        ref={scroller}
        className={styles.scroller}
        role="group"
        aria-label="Transcript"
        aria-describedby={shownSessions.length === 0 ? undefined : `${id}keys`}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
        tabIndex={0}
        onScroll={() => {
          hide();
          onScroll();
        }}
        {...handlers}
      >
        {shownSessions.length === 0
          ? children
          : shownSessions.map((heard) => (
              <SessionText key={heard.id} heard={heard} hasHead={hasHeads} hasPartial={hasPartials} />
            ))}
      </div>
      {isFollowing ? null : (
        <div className={styles.latest}>
          <Button size="small" icon={<ArrowDownIcon />} onClick={goToEnd}>
            Latest words
          </Button>
        </div>
      )}
      <div
        id={`${id}word`}
        role="tooltip"
        className={styles.details}
        data-is-below={shown?.isBelow}
        hidden={shown === undefined}
        style={shown && { top: shown.top, left: shown.left }}
      >
        {shown?.text}
      </div>
      <div id={`${id}keys`} hidden>
        The left and right arrow keys go from word to word.
      </div>
      <Announcer heard={sessions.at(-1)} />
    </div>
  );
}
