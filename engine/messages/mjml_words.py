"""The elements of MJML, their attributes, and where each may stand: mrml passes misspelled ones in silence.

After the components of MJML 5 (mjmlio/mjml, packages/*/src) as far as mrml makes them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


#: Every element may have these.
EVERYWHERE: Final = _words("css-class mj-class")

#: What stands in these is HTML or text and no MJML.
HTML_INSIDE: Final = _words(
    "mj-accordion-text mj-accordion-title mj-button "
    "mj-navbar-link mj-preview mj-raw mj-social-element mj-style mj-table mj-text mj-title "
)

#: Element → its own attributes.
ATTRIBUTES: Final[Mapping[str, frozenset[str]]] = {
    "mj-accordion": _words(
        "container-background-color border font-family icon-align icon-width icon-height "
        "icon-wrapped-url icon-wrapped-alt icon-unwrapped-url icon-unwrapped-alt "
        "icon-position padding-bottom padding-left padding-right padding-top padding "
    ),
    "mj-accordion-element": _words(
        "background-color border font-family icon-align icon-width icon-height "
        "icon-wrapped-url icon-wrapped-alt icon-unwrapped-url icon-unwrapped-alt "
        "icon-position "
    ),
    "mj-accordion-text": _words(
        "background-color font-size font-family font-weight letter-spacing line-height color "
        "padding-bottom padding-left padding-right padding-top padding "
    ),
    "mj-accordion-title": _words(
        "background-color color font-size font-family font-weight padding-bottom padding-left "
        "padding-right padding-top padding "
    ),
    "mj-attributes": frozenset(),
    "mj-body": _words("width background-color id "),
    "mj-breakpoint": _words("width "),
    "mj-button": _words(
        "align background-color border-bottom border-left border-radius border-right "
        "border-top border color container-background-color font-family font-size font-style "
        "font-weight height href name title inner-padding letter-spacing line-height "
        "padding-bottom padding-left padding-right padding-top padding rel target "
        "text-decoration text-transform vertical-align text-align width "
    ),
    "mj-carousel": _words(
        "align border-radius container-background-color icon-width left-icon padding "
        "padding-top padding-bottom padding-left padding-right right-icon thumbnails "
        "tb-border tb-border-radius tb-hover-border-color tb-selected-border-color tb-width "
    ),
    "mj-carousel-image": _words(
        "alt href rel target title src thumbnails-src border-radius tb-border tb-border-radius "
    ),
    "mj-class": _words("name "),
    "mj-column": _words(
        "background-color border border-bottom border-left border-radius border-right "
        "border-top direction inner-background-color padding-bottom padding-left "
        "padding-right padding-top inner-border inner-border-bottom inner-border-left "
        "inner-border-radius inner-border-right inner-border-top padding vertical-align width "
    ),
    "mj-divider": _words(
        "border-color border-style border-width container-background-color padding "
        "padding-bottom padding-left padding-right padding-top width align "
    ),
    "mj-font": _words("name href "),
    "mj-group": _words("background-color direction vertical-align width "),
    "mj-head": frozenset(),
    "mj-hero": _words(
        "background-color background-height background-position background-url "
        "background-width border-radius height inner-background-color inner-padding "
        "inner-padding-bottom inner-padding-left inner-padding-right inner-padding-top mode "
        "padding padding-bottom padding-left padding-right padding-top vertical-align width "
    ),
    "mj-image": _words(
        "alt href name src srcset sizes title rel align border border-bottom border-left "
        "border-right border-top border-radius container-background-color fluid-on-mobile "
        "padding padding-bottom padding-left padding-right padding-top target width height "
        "max-height font-size usemap "
    ),
    "mj-include": _words("path type "),
    "mj-navbar": _words(
        "align base-url hamburger ico-align ico-open ico-close ico-color ico-font-size "
        "ico-font-family ico-text-transform ico-padding ico-padding-left ico-padding-top "
        "ico-padding-right ico-padding-bottom padding padding-left padding-top padding-right "
        "padding-bottom ico-text-decoration ico-line-height "
    ),
    "mj-navbar-link": _words(
        "color font-family font-size font-style font-weight href name target rel "
        "letter-spacing line-height padding-bottom padding-left padding-right padding-top "
        "padding text-decoration text-transform "
    ),
    "mj-preview": frozenset(),
    "mj-raw": _words("position "),
    "mj-section": _words(
        "background-color background-url background-repeat background-size "
        "background-position background-position-x background-position-y border border-bottom "
        "border-left border-radius border-right border-top direction full-width gutter "
        "padding padding-top padding-bottom padding-left padding-right text-align "
        "text-padding "
    ),
    "mj-social": _words(
        "align border border-radius container-background-color color font-family font-size "
        "font-style font-weight icon-size icon-height icon-padding inner-padding line-height "
        "mode padding-bottom padding-left padding-right padding-top padding table-layout "
        "text-padding text-decoration vertical-align "
    ),
    "mj-social-element": _words(
        "align icon-position background-color color border border-radius font-family "
        "font-size font-style font-weight href icon-size icon-height icon-padding line-height "
        "name padding-bottom padding-left padding-right padding-top padding text-padding rel "
        "src srcset sizes alt title target text-decoration vertical-align "
    ),
    "mj-spacer": _words(
        "border border-bottom border-left border-right border-top container-background-color "
        "padding-bottom padding-left padding-right padding-top padding height "
    ),
    "mj-style": _words("inline "),
    "mj-table": _words(
        "align border cellpadding cellspacing container-background-color color font-family "
        "font-size font-weight line-height padding-bottom padding-left padding-right "
        "padding-top padding role table-layout vertical-align width "
    ),
    "mj-text": _words(
        "align background-color color container-background-color font-family font-size "
        "font-style font-weight height letter-spacing line-height padding-bottom padding-left "
        "padding-right padding-top padding text-decoration text-transform vertical-align "
    ),
    "mj-title": frozenset(),
    "mj-wrapper": _words(
        "background-color background-position background-position-x background-position-y "
        "background-repeat background-size background-url border border-bottom border-left "
        "border-radius border-right border-top direction full-width gap gutter padding "
        "padding-bottom padding-left padding-right padding-top text-align text-padding "
    ),
    "mjml": _words("lang dir owa "),
}

_IN_COLUMN: Final = (
    "mj-accordion mj-button mj-carousel mj-divider mj-image mj-navbar mj-raw "
    "mj-social mj-spacer mj-table mj-text"
)
#: Element → what may stand directly in it. `mj-attributes` takes every element, each once.
INSIDE: Final[Mapping[str, frozenset[str]]] = {
    "": _words("mjml"),
    "mjml": _words("mj-head mj-body"),
    "mj-head": _words("mj-attributes mj-breakpoint mj-font mj-preview mj-style mj-title mj-raw"),
    "mj-body": _words("mj-raw mj-section mj-wrapper mj-hero"),
    "mj-wrapper": _words("mj-raw mj-section mj-hero"),
    "mj-section": _words("mj-column mj-group mj-raw"),
    "mj-group": _words("mj-column mj-raw"),
    "mj-column": _words(_IN_COLUMN),
    "mj-hero": _words(_IN_COLUMN),
    "mj-accordion": _words("mj-accordion-element"),
    "mj-accordion-element": _words("mj-accordion-title mj-accordion-text"),
    "mj-carousel": _words("mj-carousel-image"),
    "mj-navbar": _words("mj-navbar-link"),
    "mj-social": _words("mj-social-element"),
}
#: Between the elements of these a Liquid tag may stand: what it encloses is whole there.
LIQUID_INSIDE: Final = _words("mj-body mj-section mj-group mj-column mj-hero")
#: Attributes that MJML reckons with: a value of Liquid is not there yet.
RECKONED: Final[Mapping[str, frozenset[str]]] = {
    "mj-body": _words("width"),
    "mj-column": _words("width"),
    "mj-group": _words("width"),
    "mj-image": _words("width"),
    "mj-social-element": _words("name"),
}
