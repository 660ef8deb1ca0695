"""Subjects of public life that plans speak of more than people do, told as those of `subject_lines` and joined to them."""

from __future__ import annotations

OF_PLANS = """
La fabbrica ha delocalizzato e l'indotto dell'auto chiude un capannone dopo l'altro.
Bisogna puntare su settori nuovi, come l'aerospazio o la robotica, prima che sia tardi.
Riconversione dell'indotto e nuove filiere industriali
Vertenza in stabilimento, presidio davanti ai cancelli
Il programma sostiene i distretti manifatturieri, la componentistica e i materiali avanzati.
Notre industrie a besoin de nouvelles filières, de la robotique à l'aéronautique.
Factories must move to new products before the old supply chain disappears.

In mensa arriva roba confezionata da chissà dove e metà finisce nel bidone.
Vorrei che il cibo avanzato dei negozi andasse a chi ne ha bisogno.
Politiche del cibo, mense biologiche ed eccedenze alimentari
Domenica mercato dei produttori, degustazioni e prodotti di stagione
Gli appalti della ristorazione collettiva privilegiano alimenti locali e di qualità.
Moins de gaspillage alimentaire et des cantines avec des produits locaux.
Healthy local food in canteens and less food thrown away.

I camion passano in mezzo al paese giorno e notte per andare all'interporto.
Serve un collegamento serio con l'aeroporto e con le città oltre confine.
Poli logistici, valichi e corridoi europei delle merci
Chiuso il traforo, lunghe code al confine
Il nodo intermodale collega i porti, le reti transeuropee e le regioni confinanti.
Mieux relier notre métropole aux régions voisines et aux pays frontaliers.
Freight, ports, airports and links with neighbouring regions.

Chi si trasferisce qui da fuori non sa a chi rivolgersi e dopo un anno riparte.
Potremmo attirare chi lavora a distanza con uffici condivisi e case arredate.
Attrazione di talenti, nuovi residenti e rientro dei laureati
Premiati i giovani che hanno scelto di tornare dall'estero
Le misure favoriscono l'insediamento di lavoratori qualificati, ricercatori e imprese straniere.
Attirer de nouveaux habitants et retenir les jeunes diplômés.
Attract skilled people, remote workers and graduates from abroad.

Ha chiuso anche l'alimentari e per un francobollo devo prendere la macchina.
Sarebbe bello avere tutto a un quarto d'ora a piedi, dal medico alla piazza.
Servizi di prossimità, botteghe di vicinato e piazze
Riapre l'ufficio postale della frazione dopo due mesi
I centri multifunzionali garantiscono i servizi di base nei quartieri e nelle frazioni.
Des commerces et des services à un quart d'heure à pied.
Shops and everyday services within walking distance.

Si rompe la lavatrice e costa meno comprarne una nuova che aggiustarla.
Io aprirei un posto dove si ripara e si scambia quello che gli altri buttano.
Centri del riuso, riparazione e materie prime seconde
Giornata del baratto e della riparazione in piazza
Gli scarti di un'impresa diventano risorse per un'altra in un ciclo di produzione chiuso.
Réparer, réutiliser et recycler les matières entre entreprises.
Repair, reuse and turning one firm's waste into another's resource.

D'estate l'asfalto scotta e in casa si sta a trentasei gradi.
Togliamo il cemento dai piazzali e mettiamo ombra e fontane.
Adattamento climatico e riduzione delle isole di calore
Allerta caldo, aperti i rifugi climatici
La strategia riduce le emissioni e prepara il territorio agli eventi estremi.
Préparer la ville aux canicules et aux sécheresses.
Cities must get ready for heat waves and a changing climate.

Mio figlio sta male e per lo psicologo ci sono otto mesi di attesa.
Servono gruppi di cammino e qualcuno che insegni a mangiare e a muoversi bene.
Prevenzione, salute mentale e stili di vita sani
Screening gratuiti e incontri con gli esperti in farmacia
Il dipartimento promuove la prevenzione delle dipendenze e il benessere psicologico.
Prévention, santé mentale et activité physique pour tous.
Mental health and prevention need more support.

Abbiamo un'idea buona ma nessun laboratorio ci apre la porta per provarla.
Vorrei che le scoperte degli atenei arrivassero in fretta alle ditte del posto.
Incubatori, brevetti e trasferimento tecnologico
Inaugurato il polo dell'innovazione, dieci start-up in gara
Il programma finanzia prototipi, spin-off e reti tra imprese e centri di ricerca.
Aider les start-up et transférer la recherche vers les entreprises.
Start-ups, patents and technology transfer.

Ogni ufficio ha il suo archivio e nessuno sa che cosa c'è in quello accanto.
Pubblicate i dati in una mappa che tutti possano scaricare e usare.
Dati aperti, sensori e intelligenza artificiale
Presentata l'applicazione che segnala guasti in tempo reale
La piattaforma integra le banche dati degli enti e ne garantisce l'interoperabilità.
Ouvrir les données publiques et utiliser l'intelligence artificielle.
Open data, sensors and artificial intelligence.

Con tre tessere diverse non capisco mai quanto sto pagando il viaggio.
Basterebbe un solo biglietto e un telefono per bus, treno e bici in prestito.
Mobilità condivisa, tariffe integrate e interscambio
Arrivano le auto a noleggio e i monopattini anche in periferia
L'utente pianifica e paga l'intero spostamento con un unico servizio.
Un seul billet pour tous les transports et des voitures partagées.
One ticket for every kind of transport, with shared cars and bikes.

Il bosco dietro casa è abbandonato e ogni estate si teme il fuoco.
Si potrebbe far lavorare chi taglia e vende la legna di qui.
Gestione forestale, legno e pascoli di montagna
Taglio straordinario dopo la tempesta, sentieri chiusi
I piani forestali riuniscono i proprietari e certificano il legname.
Entretenir la forêt et valoriser le bois local.
Forests, timber and mountain pastures.

Chi esce dal carcere o ha avuto guai di salute non lo assume nessuno.
Fate lavorare le persone fragili negli appalti del comune.
Inserimento lavorativo di persone svantaggiate
Al via i tirocini per chi ha perso il posto da anni
Le clausole sociali riservano una quota delle commesse a chi impiega lavoratori fragili.
Donner du travail à ceux que personne n'embauche.
Jobs for people whom nobody hires.

A cinquant'anni vorrei rimettermi a studiare ma i corsi sono tutti di giorno.
Ci vorrebbero lezioni serali vicino a casa, anche di lingua e di computer.
Educazione degli adulti e aggiornamento lungo la vita
Aperte le iscrizioni all'università della terza età
I centri di istruzione permanente riconoscono le competenze acquisite sul lavoro.
Se former à tout âge, le soir et près de chez soi.
Evening classes and learning throughout life.

La biblioteca chiude alle cinque, proprio quando potremmo andarci.
Vorrei sale studio aperte la sera e letture per i bambini.
Biblioteche, lettura e sale studio
Sabato incontro con l'autore e scambio di libri
Il sistema bibliotecario coordina i prestiti e le attività di promozione.
Des bibliothèques ouvertes le soir et le dimanche.
Libraries with longer hours and places to study.

Qui costruiscono capannoni sui prati e poi restano vuoti.
Fermiamo il cemento e recuperiamo quello che c'è già.
Consumo di suolo zero e tutela del paesaggio
Approvata la variante, insorgono i comitati
La pianificazione limita l'edificazione dei terreni agricoli e prevede compensazioni.
Arrêter de bétonner les terres agricoles.
Stop building on farmland.

In paese siamo rimasti in cinque uffici e ognuno fa tutto.
Gli enti piccoli dovrebbero mettersi insieme e dividersi i servizi.
Unioni di comuni e gestioni associate
Firmata la convenzione tra otto amministrazioni
La riorganizzazione degli enti territoriali accorpa funzioni e livelli di governo.
Fusionner les communes et réduire le millefeuille administratif.
Small municipalities should share services and merge.

Il nostro negozio paga lo stesso affitto e i clienti vanno al centro commerciale.
Diamo una mano ai mercati e alle vetrine del centro.
Commercio di vicinato, mercati e distretti urbani
Saldi al via, orari prolungati nel fine settimana
Le misure sostengono gli esercizi al dettaglio e il rilancio dei centri storici.
Soutenir les petits commerces face aux grandes surfaces.
Support local shops and street markets.
"""
