/**
 * Turns of phrase that point at a conversation, which Codex can't see; for text with single blanks. Each row is narrow
 * on purpose: "the function above line 10", "as described in docs/api.md" and "behave as before" mean the code.
 */
export const CONVERSATION_WORDS: readonly RegExp[] = [
  /\b(?:as|like) (?:we |I |you |was |already |just |previously |earlier |was just )*(?:discussed|agreed|mentioned|said|talked about|decided)\b(?! (?:in|at|by|on|under|below)\b)/i,
  /\bsee above\b(?! (?:the |this |that )?(?:line|function|class|method|\d))/i,
  /\bthe (?:file|files|plan|error|output|message|snippet|code|discussion|requirements|points) above(?=\s*(?:[.,;:!?)]|$))/i,
  /\b(?:mentioned|discussed|agreed|said|explained) (?:earlier|before|previously)\b(?! (?:the|this|that|in|line)\b)/i,
  /\b(?:previously|earlier) (?:mentioned|discussed|agreed)\b(?! (?:in|at)\b)/i,
  /\b(?:our|the (?:previous|earlier|above|preceding)) (?:conversation|discussion|chat|exchange)\b/i,
  /\b(?:in|from|earlier in) this (?:conversation|chat|discussion)\b/i,
  /\b(?:you|we) (?:just |already |previously |earlier )*(?:said|told|talked|discussed|agreed|mentioned|suggested|proposed|decided)\b(?! (?:in|at) [\w.-]*[/.])/i,
  /\bI (?:just |already |previously |earlier )*(?:said|told you|mentioned|asked you)\b/i,
  /\b(?:my|your) (?:last|previous|earlier) (?:message|answer|reply|response|suggestion|question)\b/i,
  /\b(?:do|fix|handle|implement|write|change) (?:it|this|that|them) (?:like|as) (?:before|last time)\b/i,
  /\b(?:like|as) last time\b/i,
  /\bremember (?:that |what |how |when )?(?:we|you|I)\b/i,
];
