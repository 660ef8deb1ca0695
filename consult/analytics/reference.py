"""Everyday sentences whose mean stands for "a text of this language", where a run has too few texts of its own.

Written for this purpose; their subjects are spread on purpose, since only what they have in common is used.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

import numpy as np

from consult.analytics.embedding import Embedder, Vectors, rows_of
from consult.analytics.lexical import content_keys
from consult.analytics.space import Centre

SENTENCES = {
    "it": """
Ieri ho aspettato un'ora e alla fine sono tornato a casa a piedi.
Secondo me bisogna cominciare dalle cose piccole, che costano poco.
Nel nostro comune se ne parla da anni ma non si è visto niente.
Chiediamo che qualcuno venga a vedere con i propri occhi come stiamo.
Mia sorella lavora in un ufficio e la sera è sempre stanca.
Il prezzo è aumentato ancora e le famiglie non ce la fanno più.
Propongo un incontro al mese con chi decide, aperto a tutti.
La strada davanti a casa è piena di buche e nessuno la ripara.
I ragazzi vorrebbero un posto dove stare insieme il pomeriggio.
Non sono d'accordo con chi vuole chiudere tutto per risparmiare.
Da quando hanno cambiato gli orari arrivo sempre in ritardo al lavoro.
Servono più persone preparate e meno carte da riempire.
Il medico mi ha detto di tornare tra sei mesi per il controllo.
Abbiamo raccolto trecento firme e le abbiamo portate in municipio.
Quando piove il torrente sale e in cantina entra l'acqua.
Qui una volta c'erano tre negozi, adesso non ce n'è neanche uno.
L'insegnante di mio figlio è bravissima ma le aule cadono a pezzi.
Vorrei comprare una casa, ma con quello che guadagno è impossibile.
Ci sono progetti belli che restano nei cassetti per mancanza di soldi.
Gli anziani si sentono soli e nessuno passa a trovarli.
La mia azienda ha dieci dipendenti e non trova personale.
Sarebbe bello avere più alberi e qualche panchina all'ombra.
Sono nata in un altro paese e qui mi sono trovata bene.
L'idea è buona, ma bisogna capire chi la paga e chi la gestisce.
Il sabato c'è troppa confusione e non si riesce a parcheggiare.
La bolletta è raddoppiata e d'inverno teniamo il riscaldamento basso.
I giovani se ne vanno e restano soltanto le case chiuse.
Organizziamo una festa ogni estate e vengono anche da lontano.
Ho provato a telefonare tre volte, non risponde mai nessuno.
Coltivo la terra di mio padre e vendo quello che produco al mercato.
Le decisioni si prendono in città e qui arrivano sempre dopo.
Un servizio fatto bene si paga volentieri, uno fatto male no.
Con un computer e un po' di pazienza si può fare quasi tutto.
La fabbrica ha chiuso e duecento persone sono rimaste senza lavoro.
Dovremmo copiare quello che funziona nei paesi vicini.
Il sindaco ha promesso che entro l'anno i lavori saranno finiti.
Raccogliamo i rifiuti lungo il fiume due volte all'anno.
Chi abita in montagna ha gli stessi diritti di chi abita in centro.
Mi sposto in bicicletta tutti i giorni e rischio la vita agli incroci.
Non basta spendere, bisogna controllare che i risultati ci siano.
""",
    "en": """
We waited for an hour and in the end we walked home.
In my opinion it is better to start with small things.
Nobody answers the phone and the office is always closed.
Prices keep rising and many families cannot manage any more.
There used to be three shops here and now there are none.
I moved here two years ago and people have been kind to me.
The road in front of our house has been broken for months.
Young people leave because there is nothing for them to do.
I suggest a meeting every month that anyone can attend.
My company has ten employees and cannot find new staff.
The teacher is very good but the building is falling apart.
I do not agree with those who want to close everything.
We collected three hundred signatures and nothing changed.
It would be nice to have more trees and a few benches.
The idea is good but somebody has to pay for it.
When it rains the river rises and the cellar floods.
""",
    "fr": """
Hier nous avons attendu une heure et nous sommes rentrés à pied.
À mon avis il faut commencer par les petites choses.
Personne ne répond au téléphone et le bureau est toujours fermé.
Les prix augmentent encore et les familles n'y arrivent plus.
Avant il y avait trois magasins, maintenant il n'y en a plus.
Je suis arrivée il y a deux ans et je me sens bien ici.
La route devant chez nous est abîmée depuis des mois.
Les jeunes partent parce qu'il n'y a rien pour eux.
Je propose une réunion par mois ouverte à tous.
Mon entreprise a dix salariés et ne trouve personne.
L'institutrice est excellente mais le bâtiment tombe en ruine.
Je ne suis pas d'accord avec ceux qui veulent tout fermer.
Nous avons recueilli trois cents signatures et rien n'a changé.
Ce serait bien d'avoir plus d'arbres et quelques bancs.
L'idée est bonne mais il faut savoir qui va payer.
Quand il pleut la rivière monte et la cave est inondée.
""",
}


# What people write that speaks of no plan at all: no answer, remarks on the survey, advertising, small talk.
BESIDE = {
    "it": """
Non ho niente da dire su questo argomento.
Non saprei proprio che cosa scrivere, va bene così.
Nessun suggerimento per il momento, grazie.
Ho già risposto sopra, vedi le altre domande.
Sto solo provando se il modulo funziona.
Questo sondaggio è troppo lungo e le domande non si capiscono.
La pagina non si carica e ho dovuto scrivere tutto da capo.
Che senso ha chiedere il nostro parere se poi fate come volete.
È l'ennesima consultazione che finirà in un cassetto.
I politici sono tutti ladri e pensano solo alla poltrona.
Il governo dovrebbe dimettersi, di qualunque colore sia.
Vendo divano quasi nuovo, prezzo da concordare, chiamare ore pasti.
Affittasi bilocale arredato, solo referenziati.
Promozione speciale solo per oggi, sconti su tutti gli articoli.
Offro lezioni private di chitarra, prima lezione gratuita.
Ieri sera la partita è stata bellissima, forza ragazzi.
L'attore di quella serie alla televisione recita malissimo.
Buongiorno a tutti e buon lavoro, un saluto alla redazione.
Grazie per l'invito, purtroppo quel giorno non posso venire.
A che ora comincia l'incontro e dove si tiene?
Ho perso il gatto, è tigrato e ha un collare rosso.
Le scie nel cielo sono un complotto, svegliatevi.
Vorrei sapere a che punto è la mia domanda personale.
Una volta si stava meglio, non c'è più rispetto.
Mi ha mandato il link un amico, compilo per curiosità.
Viva la mamma, tanti auguri a tutti.
""",
    "en": """
I have nothing to say about this.
No comments at the moment, thank you.
This survey is too long and the questions are unclear.
You will do as you like anyway, so why ask us.
All politicians are the same.
For sale: sofa, nearly new, call in the evening.
Special offer today only, discounts on everything.
What a match last night, come on boys.
Hello everyone and thank you for the invitation.
""",
    "fr": """
Je n'ai rien à dire à ce sujet.
Pas de commentaire pour le moment, merci.
Ce questionnaire est trop long et on ne comprend pas les questions.
De toute façon vous ferez ce que vous voudrez.
Tous les politiques sont les mêmes.
À vendre canapé presque neuf, prix à débattre.
Offre spéciale aujourd'hui seulement, remise sur tout.
Quel beau match hier soir, allez les gars.
Bonjour à tous et merci pour l'invitation.
""",
}

# Subjects of public and private life that a territory's plan seldom has a place for: a text nearer to one of them than to any of a frame's
# strategies fits none of these. Of a frame that does speak of such a subject it is left out (`strategies.COVERED`).
ELSEWHERE = """
Il governo, i ministri, i partiti e le leggi del parlamento.
I senatori e i deputati guadagnano troppo e vanno ridotti.
Le elezioni, i candidati, i seggi e il modo di votare.
I referendum, le firme e le proposte di legge popolari.
La Costituzione, il capo dello Stato e la forma della Repubblica.
Le province e le regioni vanno abolite o accorpate.
Il sindaco, la giunta e il consiglio comunale si riuniscono per deliberare.
I tribunali, i giudici, i processi e le sentenze.
Il carcere, le pene e i detenuti.
La polizia ha arrestato e denunciato i responsabili del furto.
I vigili hanno fatto multe, sequestri e controlli.
La guerra, le armi, l'esercito e la pace nel mondo.
La politica estera, gli altri Stati e i trattati.
L'Unione europea, l'euro e la commissione di Bruxelles.
Le tasse, le imposte, le aliquote e chi evade il fisco.
Le detrazioni, i rimborsi e la dichiarazione dei redditi.
Le pensioni e l'età in cui si smette di lavorare.
Le banche, i conti, la borsa e le assicurazioni.
La benzina, le accise e il prezzo del carburante.
Gli stipendi, il salario minimo e i contratti nazionali.
Il matrimonio, le unioni civili e l'adozione.
L'aborto, la fine della vita e le scelte sul proprio corpo.
La cittadinanza, i permessi di soggiorno, gli sbarchi e le frontiere.
Le droghe, il gioco e l'alcol, da vietare o da permettere per legge.
La fede, la Chiesa, la preghiera e i preti.
La caccia, i cani, i gatti e chi maltratta gli animali.
La televisione, i giornali e il canone.
La partita, la squadra, l'arbitro e la classifica.
Il cantante, il film e l'attore che mi piacciono.
Lo spettacolo di stasera comincia alle nove, ingresso libero.
Il tempo di domani, pioggia e temperature.
La ricetta, gli ingredienti e la cottura.
L'oroscopo, la fortuna e i sogni.
Il matrimonio di mia figlia, il compleanno, gli auguri.
I funerali e il lutto per chi non c'è più.
L'incendio, il crollo e i soccorsi di ieri notte.
Ho perso il portafoglio, chi lo trova mi chiami.
Vendo l'auto, la casa, i mobili usati.
Cerco e offro lavoro, lezioni, pulizie.
Il vicino, il condominio e le liti di casa.
L'eredità, il notaio e l'avvocato.
Il negozio non mi cambia il prodotto difettoso.
Il mio dolore alla schiena e la medicina che prendo.
La graduatoria, il concorso e le domande di assunzione.
La mia password, la mail e l'iscrizione alla lista.
La prossima riunione, chi viene e a che ora.
Un complotto dei poteri forti, non vi fidate.
Insulti e prese in giro, vergognatevi tutti.
Una volta era meglio, ai miei tempi.
La visita della delegazione e la cerimonia con le autorità.
"""


def _lines(text: str) -> list[str]:
    return [line for line in text.split("\n") if line]


def _rows(texts: Mapping[str, str], language: str, embedder: Embedder) -> Vectors:
    """Vectors of the sentences in one language; all languages are read at once."""
    lines = [(name, line) for name in sorted(texts) for line in _lines(texts[name])]
    read = rows_of([line for _, line in lines], embedder)
    return read[[name == language for name, _ in lines]]


@lru_cache(maxsize=4)
def reference_centre(embedder: Embedder) -> Centre:
    """The centre of everyday sentences, per language and over all (Italian counting most); under a second, once."""
    languages = tuple(sorted(SENTENCES))
    means = [_rows(SENTENCES, language, embedder).mean(axis=0, dtype=np.float64) for language in languages]
    overall = means[languages.index("it")]
    return Centre(languages, np.asarray([overall, *means], dtype=np.float32))


@lru_cache(maxsize=4)
def everyday(embedder: Embedder) -> tuple[Vectors, tuple[list[str], ...]]:
    """Centred vectors and content keys of the Italian everyday sentences: how near ordinary talk comes to a frame."""
    sentences = _lines(SENTENCES["it"])
    centred = reference_centre(embedder).apply(_rows(SENTENCES, "it", embedder), ["it"] * len(sentences))
    return centred, tuple(content_keys(sentence, "it") for sentence in sentences)


@lru_cache(maxsize=4)
def beside_the_point(embedder: Embedder) -> Vectors:
    """Centred vectors of what speaks of no plan, in all languages."""
    rows = [_rows(BESIDE, language, embedder) for language in sorted(BESIDE)]
    languages = [language for language, own in zip(sorted(BESIDE), rows, strict=True) for _ in own]
    return reference_centre(embedder).apply(np.concatenate(rows), languages)


@lru_cache(maxsize=4)
def elsewhere(embedder: Embedder) -> Vectors:
    """Centred vectors of subjects that most frames don't speak of."""
    lines = _lines(ELSEWHERE)
    return reference_centre(embedder).apply(rows_of(lines, embedder), ["it"] * len(lines))
