// What a script in a page said to the driver that ran it.

/** The driver answered in the page's place, so the case that asked has said nothing: it is run once more. */
export class NothingSaid extends Error {}

/** The answer of a script that always gives one. geckodriver was seen to answer with null before it had run. */
export function said(answer) {
  if (answer === null || answer === undefined) throw new NothingSaid("the driver gave no answer");
  return answer;
}
