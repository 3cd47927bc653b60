import { type RefObject, useLayoutEffect, useRef, useState } from 'react';

/** So near to the end the reader is at the end. */
const NEAR_PIXELS = 32;

/**
 * Keeps the end of what scrolls in sight while it grows, unless the reader has scrolled up.
 * @param content what makes it grow
 */
export function useFollowing(content: unknown) {
  const scroller: RefObject<HTMLDivElement | null> = useRef(null);
  const [isFollowing, setFollowing] = useState(true);

  const goToEnd = () => {
    scroller.current?.scrollTo({ top: scroller.current.scrollHeight });
    setFollowing(true);
  };
  const onScroll = () => {
    const element = scroller.current;
    if (element === null) return;
    setFollowing(element.scrollHeight - element.scrollTop - element.clientHeight < NEAR_PIXELS);
  };
  // biome-ignore lint/correctness/useExhaustiveDependencies: the content is why it runs, though it is not read
  useLayoutEffect(() => {
    if (isFollowing) scroller.current?.scrollTo({ top: scroller.current.scrollHeight });
  }, [content, isFollowing]);
  return { scroller, isFollowing, goToEnd, onScroll };
}
